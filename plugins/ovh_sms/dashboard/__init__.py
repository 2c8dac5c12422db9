"""Pages of this package in the UI of Airflow; they read the store, never OVH."""
