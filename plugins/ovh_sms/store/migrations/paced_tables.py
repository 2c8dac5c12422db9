"""The first table of the batches of runs with a pace; not among the versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make this table."""
    op.create_table(
        "ovh_sms_paced_batches",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("list_digest", sa.String(64), primary_key=True),
        sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("receivers", sa.Integer, nullable=False),
        sa.Column("zones", sa.JSON, nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("leaves_at", UtcDateTime, nullable=False),
        sa.Column("left_at", UtcDateTime),
    )
