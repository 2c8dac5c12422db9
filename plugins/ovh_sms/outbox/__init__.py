"""One by one: any system writes rows, and each becomes one SMS at most."""
