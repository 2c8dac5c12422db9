"""The first table of the outbox; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime

_TABLE = "ovh_sms_outbox"
_READABLE_MOMENT = (
    "strftime('%Y-%m-%d %H:%M:%S', substr({0}, 1, 19), '+0 days') IS substr({0}, 1, 19)"
    " AND coalesce(substr({0}, 20), '') NOT GLOB '*[^.0-9]*'"
)


def make_tables() -> None:
    """Make the table of the outbox."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("stop_clause", sa.Boolean, nullable=False),
        sa.Column("class", sa.String(16)),
        sa.Column("coding", sa.String(8)),
        sa.Column("priority", sa.String(16)),
        sa.Column("deferred_until", UtcDateTime),
        sa.Column("validity", sa.Integer),
        sa.Column("tag", sa.String(64)),
        sa.Column("account", sa.String(64), nullable=False, server_default=""),
        sa.Column("user", sa.String(40), nullable=False, server_default=""),
        sa.Column("queued_at", UtcDateTime, nullable=False, server_default=sa.func.now()),
        sa.Column("state", sa.String(16), nullable=False, server_default="pending"),
        sa.Column("reason", sa.String(40)),
        sa.Column("due_at", UtcDateTime),
        sa.Column("group_tag", sa.String(20)),
        sa.Column("outgoing_id", sa.BigInteger),
        sa.Column("credits", sa.Float),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("content_digest", sa.String(64)),
        sa.Column("person", sa.BigInteger),
        *(
            sa.CheckConstraint(_READABLE_MOMENT.format(name), name=f"ovh_sms_outbox_{name}").ddl_if("sqlite")
            for name in ("deferred_until", "queued_at")
        ),
    )
    op.create_index("ovh_sms_outbox_waiting", _TABLE, ["state", "due_at", "deferred_until"])
    op.create_index("ovh_sms_outbox_group", _TABLE, ["group_tag"])
    op.create_index("ovh_sms_outbox_person", _TABLE, ["person"])
    op.create_index("ovh_sms_outbox_ended", _TABLE, ["ended_at"])
