"""Credits: what they cost, and ordering them."""
