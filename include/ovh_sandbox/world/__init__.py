"""The simulated world: accounts, messages and their fate, documents, orders."""
