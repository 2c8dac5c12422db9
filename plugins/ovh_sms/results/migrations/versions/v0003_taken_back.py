"""Messages that were taken back from OVH before they left: one row each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.results.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what is there already stays as it is."""
    op.create_table(
        "ovh_sms_taken_back",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("job_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String(20), nullable=False),
        sa.Column("credits", sa.Float, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_taken_back_tag", "ovh_sms_taken_back", ["tag"])


def downgrade() -> None:
    """Drop the table; reports then show what was taken back as pending."""
    op.drop_table("ovh_sms_taken_back")
