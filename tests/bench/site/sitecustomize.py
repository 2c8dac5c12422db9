"""Python imports it at its start: every task's process of the measured Airflow writes down what it has used."""

from bench.task_processes import record_at_exit

record_at_exit()
