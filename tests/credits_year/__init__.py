"""A simulated year of three accounts, whose credits are ordered by the real rules."""
