"""What a sending was when it was handed over and what OVH answered; runs that were stopped, and what was taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns; what is there already stays as it is."""
    for name, kind in (("facts", sa.JSON), ("answer", sa.JSON), ("job_ids", sa.JSON)):
        op.add_column("ovh_sms_posts", sa.Column(name, kind))
    op.add_column("ovh_sms_posts", sa.Column("source_digest", sa.String(64)))
    op.create_table(
        "ovh_sms_stopped",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table("ovh_sms_identity", sa.Column("id", sa.String(32), primary_key=True))
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
    """Drop them; reports then show what was taken back as pending."""
    for table in ("ovh_sms_taken_back", "ovh_sms_stopped", "ovh_sms_identity"):
        op.drop_table(table)
    with op.batch_alter_table("ovh_sms_posts") as posts:
        for name in ("facts", "answer", "job_ids", "source_digest"):
            posts.drop_column(name)
