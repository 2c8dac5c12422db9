"""Triggers: waiting without a worker slot; they only read."""
