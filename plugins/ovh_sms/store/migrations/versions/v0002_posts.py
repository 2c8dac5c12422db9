"""Which sendings and orders were handed to OVH, or may have been: one row per attempt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what is there already stays as it is."""
    op.create_table(
        "ovh_sms_posts",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(250), nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("list_digest", sa.String(64), nullable=False),
        sa.Column("message_digest", sa.String(64), nullable=False),
    )
    op.create_index("ovh_sms_posts_campaign", "ovh_sms_posts", ["account", "campaign", "opened_at"])


def downgrade() -> None:
    """Drop the table, and with it the guard against sending twice."""
    op.drop_table("ovh_sms_posts")
