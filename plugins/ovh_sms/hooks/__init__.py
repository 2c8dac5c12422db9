"""Airflow connections turned into clients of OVH, of documents and of the results."""
