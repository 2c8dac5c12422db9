"""Shows what a campaign would send and cost; nothing is sent."""
