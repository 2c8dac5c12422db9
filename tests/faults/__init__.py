"""Nothing twice, nothing lost: campaigns under faults, counted from what the sandbox knows to be true."""
