"""The first tables of credits; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of credits."""
    _reservations()
    _credits()
    _credit_levels()


def _reservations() -> None:
    op.create_table(
        "ovh_sms_reservations",
        sa.Column("list_tag", sa.String(20), primary_key=True),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("credits", sa.Float, nullable=False),
        sa.Column("batches", sa.JSON, nullable=False),
        sa.Column("credits_left", sa.Float, nullable=False),
        sa.Column("reserved_by_others", sa.Float, nullable=False),
        sa.Column("checked_at", UtcDateTime, nullable=False),
        sa.Column("reserved_at", UtcDateTime),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("released_at", UtcDateTime),
        sa.Column("waits_since", UtcDateTime),
        sa.Column("waits_until", UtcDateTime),
        sa.Column("budget_per_month", sa.Float),
    )
    op.create_index("ovh_sms_reservations_account", "ovh_sms_reservations", ["account", "expires_at"])
    op.create_index("ovh_sms_reservations_run", "ovh_sms_reservations", ["dag_id", "run_id"])


def _credits() -> None:
    op.create_table(
        "ovh_sms_orders",
        sa.Column("order_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("tag", sa.String(20), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("price_with_tax", sa.Float),
        sa.Column("price_without_tax", sa.Float),
        sa.Column("currency", sa.String(8)),
        sa.Column("url", sa.String(1000)),
        sa.Column("contracts", sa.JSON, nullable=False),
        sa.Column("ordered_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("status_at", UtcDateTime),
        sa.Column("paid", sa.String(32), nullable=False),
        sa.Column("will_be_paid", sa.Boolean, nullable=False),
        sa.Column("delivered_at", UtcDateTime),
        sa.Column("undelivered_at", UtcDateTime),
        sa.Column("arrived_at", UtcDateTime),
        sa.Column("given_up_at", UtcDateTime),
    )
    op.create_index("ovh_sms_orders_account", "ovh_sms_orders", ["account", "ordered_at"])
    op.create_table(
        "ovh_sms_transfers",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("credits", sa.Float, nullable=False),
        sa.Column("source_before", sa.Float),
        sa.Column("source_after", sa.Float),
        sa.Column("target_before", sa.Float),
        sa.Column("target_after", sa.Float),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_transfers_target", "ovh_sms_transfers", ["target", "at"])
    op.create_index("ovh_sms_transfers_source", "ovh_sms_transfers", ["source", "at"])


def _credit_levels() -> None:
    op.create_table(
        "ovh_sms_credit_readings",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime, primary_key=True),
        sa.Column("credits", sa.Float, nullable=False),
        sa.Column("reserved", sa.Float, nullable=False),
        sa.Column("enough", sa.Float),
        sa.Column("forecast", sa.JSON(none_as_null=True)),
    )
    op.create_table(
        "ovh_sms_crossings",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("armed", sa.Boolean, nullable=False),
        sa.Column("crossed_at", UtcDateTime),
        sa.Column("credits", sa.Float),
    )
    op.create_table(
        "ovh_sms_credit_checks",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("checked_at", UtcDateTime, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True)),
        sa.Column("quote", sa.JSON(none_as_null=True)),
        sa.Column("open_order", sa.JSON(none_as_null=True)),
        sa.Column("month", sa.JSON(none_as_null=True)),
        sa.Column("recredit", sa.JSON(none_as_null=True)),
    )
    op.create_table(
        "ovh_sms_approvals",
        sa.Column("need", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("map_index", sa.Integer, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("order_task", sa.String(250)),
    )
