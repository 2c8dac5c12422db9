"""The first tables of credits; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of credits."""
    _reservations()


def drop_tables() -> None:
    """Drop the tables of credits."""
    op.drop_table("ovh_sms_reservations")


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
