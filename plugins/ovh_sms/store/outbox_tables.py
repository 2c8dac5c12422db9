"""The table of the outbox, as the newest migration leaves it. Any program may write rows to it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, Index, Integer, String, Table, Text, func

from ovh_sms.store.tables import UtcDateTime, metadata

#: SQLite takes any text for a moment; one that nobody can read would keep all rows from being sent.
READABLE_MOMENT = (
    "strftime('%Y-%m-%d %H:%M:%S', substr({0}, 1, 19), '+0 days') IS substr({0}, 1, 19)"
    " AND coalesce(substr({0}, 20), '') NOT GLOB '*[^.0-9]*'"
)

# One row is one SMS at most. Number, text and digest of the person are personal data: they go by age and by an erasure.
outbox = Table(
    "ovh_sms_outbox",
    metadata,
    # What a writer gives: key, receiver, message, sender and stop_clause must be there.
    Column("id", Integer, primary_key=True),
    # The writer's own name for the SMS: the same key twice is one SMS.
    Column("key", String(200), nullable=False, unique=True),
    Column("receiver", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("sender", String(64), nullable=False),
    Column("stop_clause", Boolean, nullable=False),
    Column("class", String(16)),
    Column("coding", String(8)),
    Column("priority", String(16)),
    Column("deferred_until", UtcDateTime),
    # Minutes after which it is not sent any more, from the moment it may leave.
    Column("validity", Integer),
    Column("tag", String(64)),
    # SMS account; empty for that of the default connection.
    Column("account", String(64), nullable=False, server_default=""),
    # Login of the account's user who sends; empty if the account itself does.
    Column("user", String(40), nullable=False, server_default=""),
    # What the outbox keeps.
    Column("queued_at", UtcDateTime, nullable=False, server_default=func.now()),
    Column("state", String(16), nullable=False, server_default="pending"),
    Column("reason", String(40)),
    # When the row needs work again; empty for a new one.
    Column("due_at", UtcDateTime),
    # Tag of its group at OVH. Rows of one group stay together.
    Column("group_tag", String(20)),
    # OVH's id of the message.
    Column("outgoing_id", BigInteger),
    Column("credits", Float),
    Column("ended_at", UtcDateTime),
    # Keyed digests: of the content, and of the person.
    Column("content_digest", String(64)),
    Column("person", BigInteger),
    *(
        CheckConstraint(READABLE_MOMENT.format(name), name=f"ovh_sms_outbox_{name}").ddl_if("sqlite")
        for name in ("deferred_until", "queued_at")
    ),
)
Index("ovh_sms_outbox_waiting", outbox.c.state, outbox.c.due_at, outbox.c.deferred_until)
Index("ovh_sms_outbox_group", outbox.c.group_tag)
Index("ovh_sms_outbox_person", outbox.c.person)
Index("ovh_sms_outbox_ended", outbox.c.ended_at)
