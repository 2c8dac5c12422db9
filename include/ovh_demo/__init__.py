"""Airflow and the sandbox on this machine: the demo, and a playground that keeps running."""
