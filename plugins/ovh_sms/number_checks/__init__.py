"""Checks of numbers (HLR): which of a prepared list are asked about, at most once, and what the networks say."""
