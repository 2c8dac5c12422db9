"""Python imports it at its start: every process of the measured Airflow records the turns of its calls."""

from load.turn_record import record_turns

record_turns()
