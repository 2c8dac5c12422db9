"""Submissions and their delivery: SQL tables that outlive Airflow's runs and OVH's history."""
