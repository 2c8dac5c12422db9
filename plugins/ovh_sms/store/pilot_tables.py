"""The table of pilots, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# The pilot of each run that has one: its limits, what became of it, and since when the rest may leave.
pilots = Table(
    "ovh_sms_pilots",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("list_digest", String(64), primary_key=True),
    # The first batches of the list.
    Column("batches", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("wait", Float, nullable=False),
    Column("stop_window", Float, nullable=False),
    Column("min_delivered", Float, nullable=False),
    Column("max_stop_rate", Float, nullable=False),
    # Counted at OVH, once all of it is sent.
    Column("read_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("sent", Integer),
    Column("final", Integer),
    Column("delivered", Integer),
    Column("opt_outs", Integer),
    Column("passed_at", UtcDateTime),
)
