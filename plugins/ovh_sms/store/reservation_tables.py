"""The table of credits that runs have reserved on their accounts, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# The credits of each batch of a run's list, from its checks on. Without `reserved_at` nothing is reserved: the run was
# refused, or waits for credits.
reservations = Table(
    "ovh_sms_reservations",
    metadata,
    Column("list_tag", String(20), primary_key=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("account", String(64), nullable=False),
    Column("credits", Float, nullable=False),
    # By the digest of the batch, which its attempts in the journal have too.
    Column("batches", JSON, nullable=False),
    Column("credits_left", Float, nullable=False),
    Column("reserved_by_others", Float, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("reserved_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    Column("waits_since", UtcDateTime),
    Column("waits_until", UtcDateTime),
    Column("budget_per_month", Float),
)
Index("ovh_sms_reservations_account", reservations.c.account, reservations.c.expires_at)
Index("ovh_sms_reservations_run", reservations.c.dag_id, reservations.c.run_id)
