"""The first tables of opt-outs, of numbers that fail for good and of held runs; not among the versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make these tables."""
    table = "ovh_sms_suppressed"
    op.create_table(
        table,
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(16), primary_key=True),
        sa.Column("number", sa.String(32)),
        sa.Column("number_hash", sa.String(64)),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("campaign", sa.String(250)),
        sa.Column("dag_id", sa.String(250)),
        sa.Column("run_id", sa.String(250)),
        sa.Column("tag", sa.String(20)),
        sa.Column("outgoing_id", sa.BigInteger),
        sa.Column("ovh_batch_id", sa.String(64)),
        sa.Column("inbound_id", sa.BigInteger),
        sa.Column("failures", sa.Integer),
        sa.Column("stored_at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_suppressed_run", table, ["dag_id", "run_id"])
    op.create_index("ovh_sms_suppressed_person", table, ["digest"])
    op.create_table(
        "ovh_sms_failures",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("failed_at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_failures_person", "ovh_sms_failures", ["digest"])
    op.create_table(
        "ovh_sms_failures_read",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("collected_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "ovh_sms_held_runs",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("held_at", UtcDateTime, nullable=False),
        sa.Column("opt_outs", sa.Integer, nullable=False),
        sa.Column("reached", sa.Integer, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("pilot_sent", sa.Integer),
        sa.Column("min_delivered", sa.Float),
        sa.Column("decision", sa.String(16)),
        sa.Column("decided_by", sa.String(250)),
        sa.Column("decided_at", UtcDateTime),
    )
