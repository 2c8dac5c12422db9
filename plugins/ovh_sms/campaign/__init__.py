"""The YAML files that people write, as validated models."""
