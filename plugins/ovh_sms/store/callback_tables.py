"""The tables of callbacks, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# What OVH has called and is still to be worked off; then it is kept for a while, so that a repeated one is known.
callbacks = Table(
    "ovh_sms_callbacks",
    metadata,
    # Keyed digest of account, kind and what the callback is about.
    Column("key", String(32), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    # OVH's id of the reply or the message; empty for a STOP.
    Column("ovh_id", String(40), nullable=False),
    # Of somebody who said STOP; emptied once it is worked off.
    Column("number", String(32)),
    Column("delivery_receipt", Integer),
    Column("ptt", Integer),
    Column("received_at", UtcDateTime, nullable=False),
    Column("handled_at", UtcDateTime),
)
# What waits is a small part: its rows stand together.
_waiting = callbacks.c.handled_at, callbacks.c.account, callbacks.c.kind, callbacks.c.received_at
Index("ovh_sms_callbacks_to_handle", *_waiting)
Index("ovh_sms_callbacks_received", callbacks.c.received_at)

# Callbacks by day, also those that were refused: nothing else is kept of these.
callback_counts = Table(
    "ovh_sms_callback_counts",
    metadata,
    Column("day", Date, primary_key=True),
    # Both are empty if the secret is not known.
    Column("account", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("result", String(12), primary_key=True),
    Column("calls", Integer, nullable=False),
)

# The secrets in the addresses that OVH calls, as keyed digests: the results do not hold the secrets themselves.
callback_secrets = Table(
    "ovh_sms_callback_secrets",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    # When OVH's settings were last compared with it; empty until they were.
    Column("checked_at", UtcDateTime),
    # It is refused from then on; moved on as long as OVH's settings show it.
    Column("ends_at", UtcDateTime, nullable=False),
)
