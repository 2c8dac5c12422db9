"""The tables of replies, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from ovh_sms.store.tables import UtcDateTime, metadata

# What people answered. Number, digest, text and key are personal data: they are emptied by their age and by an erasure.
inbound = Table(
    "ovh_sms_inbound",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("inbound_id", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("number", String(32), nullable=False),
    # Keyed, of the number alone.
    Column("digest", BigInteger),
    Column("text", Text, nullable=False),
    # Of the batch that is answered; as OVH gives it if no run is known by it.
    Column("tag", String(64), nullable=False),
    # Empty if it is not known which run is answered.
    Column("campaign", String(250)),
    Column("dag_id", String(250)),
    Column("run_id", String(250)),
    # How it was found which run is answered: tag or number; else ambiguous or none.
    Column("matched_by", String(20), nullable=False),
    Column("receiver_key", String(250)),
    Column("keyword", String(100)),
    Column("action", String(40), nullable=False),
    Column("credits", Float, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    # When its action was done; an opt-out is counted for a submission once that is in the results.
    Column("acted_at", UtcDateTime),
    # Digest of the task whose asset events count it.
    Column("announced_by", String(20)),
)
Index("ovh_sms_inbound_run", inbound.c.dag_id, inbound.c.run_id)
Index("ovh_sms_inbound_received", inbound.c.account, inbound.c.received_at)
# A list of the newest ones, and the counts of days, read no row but those that are shown.
_newest = (inbound.c.received_at, inbound.c.account, inbound.c.inbound_id, inbound.c.dag_id, inbound.c.action)
Index("ovh_sms_inbound_newest", *_newest)
Index("ovh_sms_inbound_kinds", inbound.c.campaign, inbound.c.action, inbound.c.keyword, inbound.c.dag_id)
Index("ovh_sms_inbound_person", inbound.c.digest)
Index("ovh_sms_inbound_to_act", inbound.c.account, inbound.c.acted_at)
Index("ovh_sms_inbound_announced", inbound.c.announced_by)

# Tasks that have taken replies, and may not have announced them yet.
announcing_tasks = Table(
    "ovh_sms_announcing_tasks",
    metadata,
    Column("digest", String(20), primary_key=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("task_id", String(250), nullable=False),
    Column("map_index", Integer, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
)

# Answers to replies: one for each reply and rule, decided or under way. The journal has their attempts.
answers = Table(
    "ovh_sms_answers",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("inbound_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule", String(40), primary_key=True),
    Column("tag", String(20), nullable=False),
    # Digest of the task that began with it.
    Column("task", String(20), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    # Empty while it is under way, or its outcome is unknown.
    Column("state", String(20)),
    Column("ended_at", UtcDateTime),
    Column("credits", Float),
)
Index("ovh_sms_answers_tag", answers.c.tag)
Index("ovh_sms_answers_task", answers.c.task)

# How far the replies of an account are read: moved in the transaction that stores them.
inbound_marks = Table(
    "ovh_sms_inbound_marks",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("read_up_to", UtcDateTime, nullable=False),
    Column("moved_at", UtcDateTime, nullable=False),
    # When late ones were last read, by OVH's clock.
    Column("late_read_at", UtcDateTime),
)

# Replies that OVH lists and does not show as it should: each pull reads them again.
unreadable_replies = Table(
    "ovh_sms_unreadable_replies",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("inbound_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(250), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
)
