"""Speed and memory, side by side with the obvious way, in the same run."""
