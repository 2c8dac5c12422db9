"""The tables of runs, from planning to the last delivery receipt, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# A run of a campaign from the start of its preparation: its list, and what its checks found.
runs = Table(
    "ovh_sms_runs",
    metadata,
    Column("list_tag", String(20), primary_key=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("campaign", String(250), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("marketing", Boolean, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("planned_at", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("is_forced", Boolean, nullable=False),
    Column("rows", Integer),
    Column("accepted", Integer),
    Column("rejected", JSON, nullable=False),
    Column("batches", Integer),
    Column("credits_estimated", Float),
    Column("credits_plain", Float),
    Column("credits_left", Float),
    Column("key_ends_at", UtcDateTime),
    Column("folder", String(1000)),
    Column("digest", String(64)),
    Column("prepared_at", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("leaves_at", JSON, nullable=False),
    Column("problem", JSON(none_as_null=True)),
)
Index("ovh_sms_runs_started", runs.c.started_at)
Index("ovh_sms_runs_run", runs.c.dag_id, runs.c.run_id)

# The batches of a run, from the preparation of its list on.
run_batches = Table(
    "ovh_sms_run_batches",
    metadata,
    Column("list_tag", String(20), primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("receivers", Integer, nullable=False),
    Column("credits", Float),
    Column("zones", String(500), nullable=False),
    Column("tag", String(20)),
    Column("uploaded_at", UtcDateTime),
    Column("waits_until", UtcDateTime),
    Column("held_at", UtcDateTime),
    Column("opted_out", Integer, nullable=False),
    Column("problem", JSON(none_as_null=True)),
)

# The messages of a submission as OVH counted them while they were waited for.
polls = Table(
    "ovh_sms_polls",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("expected", Integer, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("final", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
)
