"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

# Prefixed, version table included: the tables may share a database, even Airflow's own.
VERSION_TABLE = "ovh_sms_version"
#: The newest migration.
VERSION = "0100"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC: PostgreSQL knows time zones, SQLite does not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; refuse one without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        return in_utc(value)


def in_utc(stored: datetime | None) -> datetime | None:
    """Return a stored moment in UTC; one without a time zone is meant so."""
    if stored is None:
        return None
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


metadata = MetaData()

submissions = Table(
    "ovh_sms_submissions",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("campaign", String(250), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("marketing", Boolean, nullable=False),
    Column("message_digest", String(64), nullable=False),
    Column("list_digest", String(64), nullable=False),
    Column("batches", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("credits_estimated", Float),
    Column("submitted", Integer),
    Column("refused", Integer),
    Column("messages", Integer),
    Column("credits_spent", Float),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("collected_at", UtcDateTime),
    Column("complete", Boolean),
    # Counted when it was collected, as its figures are.
    Column("delivered", Integer),
    Column("failed", Integer),
    Column("expired", Integer),
    Column("counted", Integer),
    Column("awaited_until", UtcDateTime),
    Column("purged_at", UtcDateTime),
    Column("forced_by", String(250)),
)
Index("ovh_sms_submissions_recorded", submissions.c.recorded_at)
Index("ovh_sms_submissions_run", submissions.c.dag_id, submissions.c.run_id)

messages = Table(
    "ovh_sms_messages",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("outgoing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", String(20), ForeignKey("ovh_sms_submissions.tag"), nullable=False),
    Column("receiver", String(32), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("created_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("delivery_receipt", Integer),
    Column("operator_code", Integer),
    Column("operator", String(64)),
    Column("delivery_status", String(16), nullable=False),
    Column("segments", Integer, nullable=False),
    Column("operator_words", String(80)),
)
# One index serves the counts and the ordered reading of a submission.
Index("ovh_sms_messages_tag", messages.c.tag, messages.c.outgoing_id)
# Finds the latest message that a person got: an opt-out that names no message answers that one.
Index("ovh_sms_messages_receiver", messages.c.account, messages.c.receiver, messages.c.outgoing_id)
# A page of a submission's messages, in each order that the pages offer and with each filter that few messages pass.
Index("ovh_sms_messages_status", messages.c.tag, messages.c.delivery_status, messages.c.outgoing_id)
Index("ovh_sms_messages_operator", messages.c.tag, messages.c.operator, messages.c.outgoing_id)
Index("ovh_sms_messages_number", messages.c.tag, messages.c.receiver, messages.c.outgoing_id)

opt_outs = Table(
    "ovh_sms_opt_outs",
    metadata,
    Column("tag", String(20), ForeignKey("ovh_sms_submissions.tag"), primary_key=True),
    Column("receiver", String(32), primary_key=True),
    Column("opted_out_at", UtcDateTime),
    Column("outgoing_id", BigInteger),
)

# The journal: each attempt at a write that costs or reaches people, written before it is made.
attempts = Table(
    "ovh_sms_attempts",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("holder", String(250), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("campaign", String(250), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("task_id", String(250), nullable=False),
    Column("map_index", Integer, nullable=False),
    Column("account", String(64), nullable=False),
    Column("list_digest", String(64), nullable=False),
    Column("message_digest", String(64), nullable=False),
    # What an order or a transfer covers: one need gets one of them.
    Column("need", String(64), nullable=False, server_default=""),
    Column("snapshot", JSON(none_as_null=True)),
    Column("answer", JSON(none_as_null=True)),
    Column("message_ids", JSON(none_as_null=True)),
    Column("observations", JSON(none_as_null=True)),
    Column("question", JSON(none_as_null=True)),
    Column("resolution", JSON(none_as_null=True)),
)
Index("ovh_sms_attempts_campaign", attempts.c.account, attempts.c.campaign, attempts.c.claimed_at)
Index("ovh_sms_attempts_need", attempts.c.need)
Index("ovh_sms_attempts_task", attempts.c.dag_id, attempts.c.run_id, attempts.c.task_id)

# The list that a run sends, with the campaign's content. A batch that was claimed freezes it.
published_lists = Table(
    "ovh_sms_published_lists",
    metadata,
    Column("list_tag", String(20), primary_key=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("account", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("folder", String(1000), nullable=False),
    Column("content", JSON, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)
Index("ovh_sms_published_lists_run", published_lists.c.dag_id, published_lists.c.run_id)

# The receivers of each claimed attempt, as keyed digests: no phone number. Purged after the duplicate window.
attempt_receivers = Table(
    "ovh_sms_attempt_receivers",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("account", String(64), nullable=False),
    Column("message_key", String(64), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("planned_at", UtcDateTime),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("window_seconds", Integer, nullable=False),
    Column("digests", LargeBinary, nullable=False),
)
Index("ovh_sms_attempt_receivers_message", attempt_receivers.c.account, attempt_receivers.c.message_key)

# The run of the report's DAG that reports on a submission: one submission is reported by one run.
report_runs = Table(
    "ovh_sms_report_runs",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("report_run", String(250), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
)

# Messages deleted at OVH while they waited there: nobody gets them, and OVH refunds their credits.
withdrawals = Table(
    "ovh_sms_withdrawals",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", String(20), nullable=False),
    Column("credits", Float, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ovh_sms_withdrawals_tag", withdrawals.c.tag)

# Runs that a person has cancelled: nothing more is submitted for them.
cancelled_runs = Table(
    "ovh_sms_cancelled_runs",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(250)),
)

# Notifications about a run: each subject once.
notifications = Table(
    "ovh_sms_notifications",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Column("claimed_by", String(250), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("notified_at", UtcDateTime),
)

# What became of the messages of one submission, counted when they were last collected.
figures = Table(
    "ovh_sms_figures",
    metadata,
    Column("tag", String(20), ForeignKey("ovh_sms_submissions.tag"), primary_key=True),
    Column("counts", JSON, nullable=False),
)

# The audit: when which person searched for, opened or erased personal data. No phone numbers.
audit = Table(
    "ovh_sms_audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(250), nullable=False),
    Column("action", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", String(32)),
)
Index("ovh_sms_audit_at", audit.c.at)
Index("ovh_sms_audit_digest", audit.c.digest)

# People who opted out, as keyed digests: they are known here even once their number is erased, or OVH has lost it.
opt_out_digests = Table(
    "ovh_sms_opt_out_digests",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)

# People to be erased, as keyed digests. Files and messages of runs that are not over yet are erased later.
erasures = Table(
    "ovh_sms_erasures",
    metadata,
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)

# The calls of one key that wait for their turn at OVH, and its calls per minute.
turns = Table(
    "ovh_sms_turns", metadata, Column("key", String(32), primary_key=True), Column("queue", JSON(none_as_null=True))
)

# One row, made with the tables: distinguishes this database from others, which do not know the messages sent.
identity = Table(
    "ovh_sms_identity",
    metadata,
    Column("id", String(32), primary_key=True),
    # Keys the digests of receivers.
    Column("secret", LargeBinary, nullable=False),
    # Attempts made before may be missing; empty if the database was never restored.
    Column("restored_at", UtcDateTime),
)
