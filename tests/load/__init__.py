"""Many campaigns at once in a real Airflow, and a day of campaigns in simulated time; `make load`."""
