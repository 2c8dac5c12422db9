"""What the sandbox simulates: accounts, messages and their fate, documents, orders."""
