"""SMS campaigns on OVHcloud, planned and watched in Apache Airflow."""

__version__ = "0.1.0"
