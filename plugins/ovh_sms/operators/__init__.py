"""Operators: the steps of a campaign."""
