"""The table of approvals of campaigns' runs, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# What a person must approve before a run is sent: this list with this content, and no other. A list that is prepared
# again has no answer.
campaign_approvals = Table(
    "ovh_sms_campaign_approvals",
    metadata,
    Column("list_tag", String(20), primary_key=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    # Digests of the list and of what it is sent with.
    Column("digest", String(64), nullable=False),
    Column("content_digest", String(64), nullable=False),
    Column("required_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("asked_until", UtcDateTime),
    Column("people", Integer),
    Column("credits", Float),
    Column("price", Float),
    Column("currency", String(8)),
    # Leaving times and remarks of the question, in counts.
    Column("figures", JSON(none_as_null=True)),
    Column("decision", String(16)),
    Column("decided_by", String(250)),
    Column("decided_at", UtcDateTime),
)
Index("ovh_sms_campaign_approvals_run", campaign_approvals.c.dag_id, campaign_approvals.c.run_id)
