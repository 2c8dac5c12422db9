"""The first table of users; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the table of users."""
    op.create_table(
        "ovh_sms_users",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("quota", sa.Float),
        sa.Column("quota_left", sa.Float),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("drift", sa.JSON, nullable=False),
        sa.Column("last_drift", sa.JSON, nullable=False),
        sa.Column("drift_at", UtcDateTime),
    )
