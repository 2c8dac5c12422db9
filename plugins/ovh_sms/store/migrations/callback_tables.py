"""The first tables of callbacks; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of callbacks."""
    table = "ovh_sms_callbacks"
    op.create_table(
        table,
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("ovh_id", sa.String(40), nullable=False),
        sa.Column("number", sa.String(32)),
        sa.Column("delivery_receipt", sa.Integer),
        sa.Column("ptt", sa.Integer),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("handled_at", UtcDateTime),
    )
    op.create_index("ovh_sms_callbacks_to_handle", table, ["handled_at", "account", "kind", "received_at"])
    op.create_index("ovh_sms_callbacks_received", table, ["received_at"])
    op.create_table(
        "ovh_sms_callback_counts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("result", sa.String(12), primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_table(
        "ovh_sms_callback_secrets",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("checked_at", UtcDateTime),
        sa.Column("ends_at", UtcDateTime, nullable=False),
    )
