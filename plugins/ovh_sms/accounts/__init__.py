"""The accounts themselves: users and quotas, usage and re-billing, rights."""
