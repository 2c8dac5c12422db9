"""The first tables of resends; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of resends."""
    op.create_table(
        "ovh_sms_resends",
        sa.Column("resend", sa.String(20), primary_key=True),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("source_run_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("failed", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", sa.String(250), nullable=False),
        sa.Column("closed_at", UtcDateTime),
    )
    op.create_index("ovh_sms_resends_run", "ovh_sms_resends", ["dag_id", "run_id"], unique=True)
    op.create_index("ovh_sms_resends_source", "ovh_sms_resends", ["dag_id", "source_run_id"])
    table = "ovh_sms_resent_messages"
    op.create_table(
        table,
        sa.Column("resend", sa.String(20), primary_key=True),
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("outgoing_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.Column("tag", sa.String(20)),
        sa.Column("resent_id", sa.BigInteger),
    )
    op.create_index("ovh_sms_resent_messages_failed", table, ["account", "outgoing_id"])
    op.create_index("ovh_sms_resent_messages_tag", table, ["tag"])
