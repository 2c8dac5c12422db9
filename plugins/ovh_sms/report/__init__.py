"""Figures, a page with charts and a table of messages, all made from the store; OVH is not called."""
