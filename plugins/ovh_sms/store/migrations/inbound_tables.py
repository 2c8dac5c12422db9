"""The first tables of replies; not among the versions, where Alembic takes every file for a migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ovh_sms.store.tables import UtcDateTime


def make_tables() -> None:
    """Make the tables of replies and of their answers."""
    _replies()
    _answers()


def _replies() -> None:
    table = "ovh_sms_inbound"
    op.create_table(
        table,
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("inbound_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("digest", sa.BigInteger),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(250)),
        sa.Column("dag_id", sa.String(250)),
        sa.Column("run_id", sa.String(250)),
        sa.Column("matched_by", sa.String(20), nullable=False),
        sa.Column("receiver_key", sa.String(250)),
        sa.Column("keyword", sa.String(100)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("credits", sa.Float, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
        sa.Column("acted_at", UtcDateTime),
        sa.Column("announced_by", sa.String(20)),
    )
    op.create_index("ovh_sms_inbound_run", table, ["dag_id", "run_id"])
    op.create_index("ovh_sms_inbound_received", table, ["account", "received_at"])
    op.create_index("ovh_sms_inbound_newest", table, ["received_at", "account", "inbound_id", "dag_id", "action"])
    op.create_index("ovh_sms_inbound_kinds", table, ["campaign", "action", "keyword", "dag_id"])
    op.create_index("ovh_sms_inbound_person", table, ["digest"])
    op.create_index("ovh_sms_inbound_to_act", table, ["account", "acted_at"])
    op.create_index("ovh_sms_inbound_announced", table, ["announced_by"])
    op.create_table(
        "ovh_sms_announcing_tasks",
        sa.Column("digest", sa.String(20), primary_key=True),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("map_index", sa.Integer, nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "ovh_sms_inbound_marks",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("read_up_to", UtcDateTime, nullable=False),
        sa.Column("moved_at", UtcDateTime, nullable=False),
        sa.Column("late_read_at", UtcDateTime),
    )
    op.create_table(
        "ovh_sms_unreadable_replies",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("inbound_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(250), nullable=False),
        sa.Column("found_at", UtcDateTime, nullable=False),
        sa.Column("tried_at", UtcDateTime, nullable=False),
    )


def _answers() -> None:
    answers = "ovh_sms_answers"
    op.create_table(
        answers,
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("inbound_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rule", sa.String(40), primary_key=True),
        sa.Column("tag", sa.String(20), nullable=False),
        sa.Column("task", sa.String(20), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(20)),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("credits", sa.Float),
    )
    op.create_index("ovh_sms_answers_tag", answers, ["tag"])
    op.create_index("ovh_sms_answers_task", answers, ["task"])
