"""Writes the prepared list in batches, and the rejects beside it."""
