"""Listeners: our code that Airflow calls when the state of a run changes."""
