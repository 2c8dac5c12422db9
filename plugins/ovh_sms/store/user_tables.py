"""The table of the users of accounts, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# Each user as the last comparison found it, for the pages. What was applied stands in the journal.
users = Table(
    "ovh_sms_users",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Credits by the file, and those that are left.
    Column("quota", Float),
    Column("quota_left", Float),
    # In words, without addresses and numbers.
    Column("changes", JSON, nullable=False),
    Column("drift", JSON, nullable=False),
    # The newest difference from what was applied, which may have been corrected since.
    Column("last_drift", JSON, nullable=False),
    Column("drift_at", UtcDateTime),
)
