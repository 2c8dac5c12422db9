"""How long Airflow waits for its own SQLite file while another of its processes writes: five seconds are too few."""

CONNECT_ARGS = {"timeout": 60.0}
