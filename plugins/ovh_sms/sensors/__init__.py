"""Sensors: what a campaign waits for."""
