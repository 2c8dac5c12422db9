"""Make one remote write at most once, and find out what became of it."""
