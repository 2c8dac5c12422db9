"""What was sent and what became of it: SQL tables that outlive Airflow's runs and OVH's history."""
