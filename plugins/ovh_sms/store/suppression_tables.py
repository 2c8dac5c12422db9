"""The tables of opt-outs, of numbers that fail for good and of held runs, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# People who are written to no more: those who opted out, and numbers that failed for good. They are published.
suppressed = Table(
    "ovh_sms_suppressed",
    metadata,
    Column("account", String(64), primary_key=True),
    # Keyed, of the number alone.
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(16), primary_key=True),
    # One of the two, or neither once it is removed.
    Column("number", String(32)),
    Column("number_hash", String(64)),
    Column("since", UtcDateTime, nullable=False),
    # Empty if it is not known which run is answered.
    Column("campaign", String(250)),
    Column("dag_id", String(250)),
    Column("run_id", String(250)),
    Column("tag", String(20)),
    Column("outgoing_id", BigInteger),
    Column("ovh_batch_id", String(64)),
    # The reply by which a person opted out, until OVH's list names them too.
    Column("inbound_id", BigInteger),
    Column("failures", Integer),
    Column("stored_at", UtcDateTime, nullable=False),
)
Index("ovh_sms_suppressed_run", suppressed.c.dag_id, suppressed.c.run_id)
Index("ovh_sms_suppressed_person", suppressed.c.digest)

# Numbers that a run could not reach for good, as keyed digests; a later delivery removes them.
failures = Table(
    "ovh_sms_failures",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", String(20), primary_key=True),
    Column("failed_at", UtcDateTime, nullable=False),
)
Index("ovh_sms_failures_person", failures.c.digest)

# Submissions whose failures are read, with the moment at which those were collected.
failures_read = Table(
    "ovh_sms_failures_read",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("collected_at", UtcDateTime, nullable=False),
)

# Runs whose batches wait for a person: more people than allowed answered STOP to an earlier batch, or the pilot failed.
held_runs = Table(
    "ovh_sms_held_runs",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("held_at", UtcDateTime, nullable=False),
    Column("opt_outs", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("threshold", Float, nullable=False),
    # Of a pilot that failed: its messages, and the percent of them that had to be delivered.
    Column("pilot_sent", Integer),
    Column("min_delivered", Float),
    Column("decision", String(16)),
    Column("decided_by", String(250)),
    Column("decided_at", UtcDateTime),
)
