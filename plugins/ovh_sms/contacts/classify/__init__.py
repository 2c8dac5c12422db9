"""Accepts or rejects each row of a block, and counts what the accepted ones cost."""
