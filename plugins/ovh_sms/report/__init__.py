"""Figures, a page with charts and a table of messages, all made from the results; OVH is not asked."""
