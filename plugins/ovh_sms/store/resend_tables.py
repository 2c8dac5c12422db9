"""The tables of resends, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# A run that sends the messages of another one again that failed: a person asked for it.
resends = Table(
    "ovh_sms_resends",
    metadata,
    Column("resend", String(20), primary_key=True),
    Column("campaign", String(250), nullable=False),
    Column("account", String(64), nullable=False),
    Column("dag_id", String(250), nullable=False),
    # The run whose messages failed, and the run that sends them again.
    Column("source_run_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("failed", String(16), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("asked_by", String(250), nullable=False),
    # Empty for as long as nobody may ask for another resend of the same run.
    Column("closed_at", UtcDateTime),
)
Index("ovh_sms_resends_run", resends.c.dag_id, resends.c.run_id, unique=True)
Index("ovh_sms_resends_source", resends.c.dag_id, resends.c.source_run_id)

# The failed messages on the list of a resend, and the messages that went out in their place.
resent_messages = Table(
    "ovh_sms_resent_messages",
    metadata,
    Column("resend", String(20), primary_key=True),
    Column("account", String(64), primary_key=True),
    # OVH's id of the failed message.
    Column("outgoing_id", BigInteger, primary_key=True, autoincrement=False),
    # Of the prepared list of the resend.
    Column("batch", Integer, nullable=False),
    # Keyed, of number and message as in ovh_sms_attempt_receivers.
    Column("digest", BigInteger, nullable=False),
    # Set by the claim: from then on the failure is resent.
    Column("tag", String(20)),
    # Found when the batch is collected.
    Column("resent_id", BigInteger),
)
Index("ovh_sms_resent_messages_failed", resent_messages.c.account, resent_messages.c.outgoing_id)
Index("ovh_sms_resent_messages_tag", resent_messages.c.tag)
