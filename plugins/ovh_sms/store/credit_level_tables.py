"""The tables of accounts' credits over time: readings, checks, crossings of a level, and questions to persons."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# What a check of an account's credits read and forecast.
credit_readings = Table(
    "ovh_sms_credit_readings",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("credits", Float, nullable=False),
    Column("reserved", Float, nullable=False),
    # Credits that the account should hold at least then.
    Column("enough", Float),
    Column("forecast", JSON(none_as_null=True)),
)

# Whether the next reading below the level is a crossing: one event for each, however many triggers read.
crossings = Table(
    "ovh_sms_crossings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("armed", Boolean, nullable=False),
    Column("crossed_at", UtcDateTime),
    # Those of the last reading, by any trigger: a rise is one deposit for all of them.
    Column("credits", Float),
)

# What the newest check of an account decided, for the pages: the task's result is Airflow's alone. No link of OVH's.
credit_checks = Table(
    "ovh_sms_credit_checks",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("problem", JSON(none_as_null=True)),
    Column("quote", JSON(none_as_null=True)),
    Column("open_order", JSON(none_as_null=True)),
    Column("month", JSON(none_as_null=True)),
    # OVH's own recredit, as the account file has set it.
    Column("recredit", JSON(none_as_null=True)),
)

# Questions about orders: not answered yet, or approved. Airflow knows whether the task can still go on.
approvals = Table(
    "ovh_sms_approvals",
    metadata,
    Column("need", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("task_id", String(250), nullable=False),
    Column("map_index", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    # The task that makes an approved order.
    Column("order_task", String(250)),
)
