"""The table of the batches of runs with a pace, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# When each batch of a run with a pace leaves, from the preparation of its list on.
paced_batches = Table(
    "ovh_sms_paced_batches",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("list_digest", String(64), primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("receivers", Integer, nullable=False),
    Column("zones", JSON, nullable=False),
    # So many messages in so many seconds at most.
    Column("messages", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("leaves_at", UtcDateTime, nullable=False),
    # Set by the claim of the newest attempt; from then on the batch keeps its place.
    Column("left_at", UtcDateTime),
)
