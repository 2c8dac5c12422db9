"""Nothing twice, nothing lost: campaigns under faults, counted from the sandbox's truth."""
