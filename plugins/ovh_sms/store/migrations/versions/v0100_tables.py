"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.migrations.more_tables import MORE
from ovh_sms.store.migrations.refuse_downgrade import refuse_downgrade
from ovh_sms.store.tables import UtcDateTime

revision = "0100"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _submissions()
    _messages()
    _attempts()
    _attempt_receivers()
    _runs()
    _progress()
    _personal_data()
    for more in MORE:
        more.make_tables()


def downgrade() -> None:
    """Refuse to drop the journal and every result: an older version needs a back-up of its own time."""
    refuse_downgrade()


def _submissions() -> None:
    op.create_table(
        "ovh_sms_submissions",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("marketing", sa.Boolean, nullable=False),
        sa.Column("message_digest", sa.String(64), nullable=False),
        sa.Column("list_digest", sa.String(64), nullable=False),
        sa.Column("batches", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("rejected", sa.JSON, nullable=False),
        sa.Column("credits_estimated", sa.Float),
        sa.Column("submitted", sa.Integer),
        sa.Column("refused", sa.Integer),
        sa.Column("messages", sa.Integer),
        sa.Column("credits_spent", sa.Float),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("collected_at", UtcDateTime),
        sa.Column("complete", sa.Boolean),
        sa.Column("delivered", sa.Integer),
        sa.Column("failed", sa.Integer),
        sa.Column("expired", sa.Integer),
        sa.Column("counted", sa.Integer),
        sa.Column("awaited_until", UtcDateTime),
        sa.Column("purged_at", UtcDateTime),
        sa.Column("forced_by", sa.String(250)),
    )
    op.create_index("ovh_sms_submissions_recorded", "ovh_sms_submissions", ["recorded_at"])
    op.create_index("ovh_sms_submissions_run", "ovh_sms_submissions", ["dag_id", "run_id"])


def _messages() -> None:
    op.create_table(
        "ovh_sms_messages",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("outgoing_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String(20), sa.ForeignKey("ovh_sms_submissions.tag"), nullable=False),
        sa.Column("receiver", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("delivered_at", UtcDateTime),
        sa.Column("delivery_receipt", sa.Integer),
        sa.Column("operator_code", sa.Integer),
        sa.Column("operator", sa.String(64)),
        sa.Column("delivery_status", sa.String(16), nullable=False),
        sa.Column("segments", sa.Integer, nullable=False),
        sa.Column("operator_words", sa.String(80)),
    )
    op.create_index("ovh_sms_messages_tag", "ovh_sms_messages", ["tag", "outgoing_id"])
    op.create_index("ovh_sms_messages_receiver", "ovh_sms_messages", ["account", "receiver", "outgoing_id"])
    op.create_index("ovh_sms_messages_status", "ovh_sms_messages", ["tag", "delivery_status", "outgoing_id"])
    op.create_index("ovh_sms_messages_operator", "ovh_sms_messages", ["tag", "operator", "outgoing_id"])
    op.create_index("ovh_sms_messages_number", "ovh_sms_messages", ["tag", "receiver", "outgoing_id"])
    op.create_table(
        "ovh_sms_opt_outs",
        sa.Column("tag", sa.String(20), sa.ForeignKey("ovh_sms_submissions.tag"), primary_key=True),
        sa.Column("receiver", sa.String(32), primary_key=True),
        sa.Column("opted_out_at", UtcDateTime),
        sa.Column("outgoing_id", sa.BigInteger),
    )
    op.create_table(
        "ovh_sms_figures",
        sa.Column("tag", sa.String(20), sa.ForeignKey("ovh_sms_submissions.tag"), primary_key=True),
        sa.Column("counts", sa.JSON, nullable=False),
    )


def _attempts() -> None:
    op.create_table(
        "ovh_sms_attempts",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(250), nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("map_index", sa.Integer, nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("list_digest", sa.String(64), nullable=False),
        sa.Column("message_digest", sa.String(64), nullable=False),
        sa.Column("need", sa.String(64), nullable=False, server_default=""),
        sa.Column("snapshot", sa.JSON),
        sa.Column("answer", sa.JSON),
        sa.Column("message_ids", sa.JSON),
        sa.Column("observations", sa.JSON),
        sa.Column("question", sa.JSON),
        sa.Column("resolution", sa.JSON),
    )
    op.create_index("ovh_sms_attempts_campaign", "ovh_sms_attempts", ["account", "campaign", "claimed_at"])
    op.create_index("ovh_sms_attempts_need", "ovh_sms_attempts", ["need"])
    op.create_index("ovh_sms_attempts_task", "ovh_sms_attempts", ["dag_id", "run_id", "task_id"])
    op.create_table(
        "ovh_sms_published_lists",
        sa.Column("list_tag", sa.String(20), primary_key=True),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("folder", sa.String(1000), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("published_at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_published_lists_run", "ovh_sms_published_lists", ["dag_id", "run_id"])


def _attempt_receivers() -> None:
    op.create_table(
        "ovh_sms_attempt_receivers",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("message_key", sa.String(64), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("planned_at", UtcDateTime),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.Column("window_seconds", sa.Integer, nullable=False),
        sa.Column("digests", sa.LargeBinary, nullable=False),
    )
    op.create_index("ovh_sms_attempt_receivers_message", "ovh_sms_attempt_receivers", ["account", "message_key"])


def _runs() -> None:
    op.create_table(
        "ovh_sms_report_runs",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("report_run", sa.String(250), nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "ovh_sms_withdrawals",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String(20), nullable=False),
        *(sa.Column("credits", sa.Float, nullable=False), sa.Column("messages", sa.Integer, nullable=False)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ovh_sms_withdrawals_tag", "ovh_sms_withdrawals", ["tag"])
    op.create_table(
        "ovh_sms_cancelled_runs",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(250)),
    )
    op.create_table(
        "ovh_sms_notifications",
        sa.Column("dag_id", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("subject", sa.String(32), primary_key=True),
        sa.Column("claimed_by", sa.String(250), nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.Column("notified_at", UtcDateTime),
    )
    op.create_table("ovh_sms_turns", sa.Column("key", sa.String(32), primary_key=True), sa.Column("queue", sa.JSON))
    op.create_table(
        "ovh_sms_identity",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("restored_at", UtcDateTime),
    )


def _progress() -> None:
    op.create_table(
        "ovh_sms_runs",
        sa.Column("list_tag", sa.String(20), primary_key=True),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("campaign", sa.String(250), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("marketing", sa.Boolean, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("planned_at", UtcDateTime),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("is_forced", sa.Boolean, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("accepted", sa.Integer),
        sa.Column("rejected", sa.JSON, nullable=False),
        sa.Column("batches", sa.Integer),
        sa.Column("credits_estimated", sa.Float),
        sa.Column("credits_plain", sa.Float),
        sa.Column("credits_left", sa.Float),
        sa.Column("key_ends_at", UtcDateTime),
        sa.Column("folder", sa.String(1000)),
        sa.Column("digest", sa.String(64)),
        sa.Column("prepared_at", UtcDateTime),
        sa.Column("checked_at", UtcDateTime),
        sa.Column("leaves_at", sa.JSON, nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True)),
    )
    op.create_index("ovh_sms_runs_started", "ovh_sms_runs", ["started_at"])
    op.create_index("ovh_sms_runs_run", "ovh_sms_runs", ["dag_id", "run_id"])
    op.create_table(
        "ovh_sms_run_batches",
        sa.Column("list_tag", sa.String(20), primary_key=True),
        sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("receivers", sa.Integer, nullable=False),
        sa.Column("credits", sa.Float),
        sa.Column("zones", sa.String(500), nullable=False),
        sa.Column("tag", sa.String(20)),
        sa.Column("uploaded_at", UtcDateTime),
        sa.Column("waits_until", UtcDateTime),
        sa.Column("held_at", UtcDateTime),
        sa.Column("opted_out", sa.Integer, nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True)),
    )
    op.create_table(
        "ovh_sms_polls",
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("at", UtcDateTime, primary_key=True),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("final", sa.Integer, nullable=False),
        sa.Column("delivered", sa.Integer, nullable=False),
    )


def _personal_data() -> None:
    op.create_table(
        "ovh_sms_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(250), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.String(32)),
    )
    op.create_index("ovh_sms_audit_at", "ovh_sms_audit", ["at"])
    op.create_index("ovh_sms_audit_digest", "ovh_sms_audit", ["digest"])
    op.create_table(
        "ovh_sms_opt_out_digests",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "ovh_sms_erasures",
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime),
    )
