"""The first tables of usage; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of usage."""
    op.create_table(
        "ovh_sms_usage_months",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("computed_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("segments", sa.BigInteger, nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("cost_without_tax", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("not_explained", sa.BigInteger),
        sa.Column("has_changed", sa.Boolean, nullable=False),
        sa.Column("basis", sa.JSON, nullable=False),
    )
    op.create_table(
        "ovh_sms_usage_lines",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payer", sa.String(250), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("tag", sa.String(250), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("country", sa.String(8), nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("segments", sa.BigInteger, nullable=False),
        sa.Column("credits_taken", sa.BigInteger, nullable=False),
        sa.Column("credits_refunded", sa.BigInteger, nullable=False),
        sa.Column("credits_unpriced", sa.BigInteger, nullable=False),
        sa.Column("cost_without_tax", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
    )
