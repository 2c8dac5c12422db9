"""The first tables: campaigns, messages, STOPs, claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _campaigns()
    _messages()
    op.create_table(
        "ovh_sms_stops",
        sa.Column("tag", sa.String(20), sa.ForeignKey("ovh_sms_campaigns.tag"), primary_key=True),
        sa.Column("receiver", sa.String(32), primary_key=True),
        sa.Column("stopped_at", UtcDateTime),
        sa.Column("outgoing_id", sa.BigInteger),
    )
    op.create_table(
        "ovh_sms_claims",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("report_run", sa.String(250), nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
    )


def _campaigns() -> None:
    op.create_table(
        "ovh_sms_campaigns",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("marketing", sa.Boolean, nullable=False),
        sa.Column("message_digest", sa.String(64), nullable=False),
        sa.Column("list_digest", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("rejected", sa.JSON, nullable=False),
        sa.Column("credits_estimated", sa.Float),
        sa.Column("submitted", sa.Integer),
        sa.Column("invalid", sa.Integer),
        sa.Column("jobs", sa.Integer),
        sa.Column("credits_spent", sa.Float),
        sa.Column("prepared_at", UtcDateTime, nullable=False),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("collected_at", UtcDateTime),
        sa.Column("complete", sa.Boolean),
    )
    op.create_index("ovh_sms_campaigns_prepared", "ovh_sms_campaigns", ["prepared_at"])
    op.create_index("ovh_sms_campaigns_run", "ovh_sms_campaigns", ["dag_id", "run_id"])


def _messages() -> None:
    op.create_table(
        "ovh_sms_messages",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("outgoing_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String(20), sa.ForeignKey("ovh_sms_campaigns.tag"), nullable=False),
        sa.Column("receiver", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("delivered_at", UtcDateTime),
        sa.Column("delivery_receipt", sa.Integer),
        sa.Column("operator_code", sa.Integer),
        sa.Column("operator", sa.String(64)),
        sa.Column("delivery_status", sa.String(16), nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
    )
    op.create_index("ovh_sms_messages_tag", "ovh_sms_messages", ["tag", "outgoing_id"])
    op.create_index("ovh_sms_messages_receiver", "ovh_sms_messages", ["account", "receiver", "outgoing_id"])


def downgrade() -> None:
    """Drop the tables, and with them every result."""
    op.drop_table("ovh_sms_claims")
    op.drop_table("ovh_sms_stops")
    op.drop_table("ovh_sms_messages")
    op.drop_table("ovh_sms_campaigns")
