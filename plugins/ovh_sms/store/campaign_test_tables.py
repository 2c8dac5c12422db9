"""The table of test messages of campaigns, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# A merged text that a named person got as a test. It is in no figure and no rate.
campaign_tests = Table(
    "ovh_sms_campaign_tests",
    metadata,
    Column("tag", String(20), primary_key=True),
    # Names the receiver with the text, by a keyed digest.
    Column("message_key", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("campaign", String(250), nullable=False),
    # Empty if a person sent it with the command.
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("by", String(250), nullable=False),
    # Masked: enough to recognise one's own.
    Column("receiver", String(40), nullable=False),
    Column("kinds", String(40), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("state", String(16)),
    Column("ended_at", UtcDateTime),
    Column("credits", Float),
)
Index("ovh_sms_campaign_tests_run", campaign_tests.c.dag_id, campaign_tests.c.run_id)
Index("ovh_sms_campaign_tests_message", campaign_tests.c.message_key)
