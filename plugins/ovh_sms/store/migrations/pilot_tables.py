"""The first table of pilots; not among the versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make this table."""
    op.create_table(
        "ovh_sms_pilots",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("list_digest", sa.String(64), primary_key=True),
        sa.Column("batches", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("wait", sa.Float, nullable=False),
        sa.Column("stop_window", sa.Float, nullable=False),
        sa.Column("min_delivered", sa.Float, nullable=False),
        sa.Column("max_stop_rate", sa.Float, nullable=False),
        sa.Column("read_at", UtcDateTime),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("sent", sa.Integer),
        sa.Column("final", sa.Integer),
        sa.Column("delivered", sa.Integer),
        sa.Column("opt_outs", sa.Integer),
        sa.Column("passed_at", UtcDateTime),
    )
