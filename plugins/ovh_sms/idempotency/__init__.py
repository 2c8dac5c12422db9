"""Make one remote write at most once, and reconcile it if its answer is lost."""
