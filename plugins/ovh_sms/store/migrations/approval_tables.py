"""The first tables of test messages and approvals of campaigns; not among the versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make these tables."""
    table = "ovh_sms_campaign_tests"
    op.create_table(
        table,
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("message_key", sa.String(20), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("by", sa.String(250), nullable=False),
        sa.Column("receiver", sa.String(40), nullable=False),
        sa.Column("kinds", sa.String(40), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16)),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("credits", sa.Float),
    )
    op.create_index("ovh_sms_campaign_tests_run", table, ["dag_id", "run_id"])
    op.create_index("ovh_sms_campaign_tests_message", table, ["message_key"])
    table = "ovh_sms_campaign_approvals"
    op.create_table(
        table,
        sa.Column("list_tag", sa.String(20), primary_key=True),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("required_at", UtcDateTime, nullable=False),
        sa.Column("asked_at", UtcDateTime),
        sa.Column("asked_until", UtcDateTime),
        sa.Column("people", sa.Integer),
        sa.Column("credits", sa.Float),
        sa.Column("price", sa.Float),
        sa.Column("currency", sa.String(8)),
        sa.Column("figures", sa.JSON(none_as_null=True)),
        sa.Column("decision", sa.String(16)),
        sa.Column("decided_by", sa.String(250)),
        sa.Column("decided_at", UtcDateTime),
    )
    op.create_index("ovh_sms_campaign_approvals_run", table, ["dag_id", "run_id"])
