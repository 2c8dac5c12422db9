"""Notifications about runs, through any notifier of Airflow."""
