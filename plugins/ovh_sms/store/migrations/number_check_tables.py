"""The first table of number checks; not among the versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make this table."""
    table = "ovh_sms_number_checks"
    op.create_table(
        table,
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("answer", sa.String(16)),
        sa.Column("answered_at", UtcDateTime),
    )
    op.create_index("ovh_sms_number_checks_person", table, ["digest"])
    op.create_index("ovh_sms_number_checks_answered", table, ["answered_at"])
