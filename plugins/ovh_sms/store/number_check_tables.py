"""The table of number checks, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# A number that OVH was asked to check, as a keyed digest. A row counts only if the attempt of its tag may be at OVH.
number_checks = Table(
    "ovh_sms_number_checks",
    metadata,
    Column("tag", String(20), primary_key=True),
    # Keyed, of the number alone.
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    # Empty until the networks have answered.
    Column("answer", String(16)),
    Column("answered_at", UtcDateTime),
)
Index("ovh_sms_number_checks_person", number_checks.c.digest)
Index("ovh_sms_number_checks_answered", number_checks.c.answered_at)
