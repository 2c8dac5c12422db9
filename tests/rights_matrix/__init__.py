"""Every task that talks to OVH, with exactly its rights, and with each single one removed."""
