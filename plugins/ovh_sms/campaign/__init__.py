"""The YAML files of a project, as validated models."""
