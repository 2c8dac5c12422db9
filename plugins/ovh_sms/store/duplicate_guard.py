"""Refuses a batch that another one has sent already, or that another run may be sending right now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, not_, or_, select

from ovh_sms.errors import DuplicateSubmission, SubmissionInFlight
from ovh_sms.store import tables
from ovh_sms.store.cancelled_runs import refuse_cancelled
from ovh_sms.store.models import BATCH, NOT_EXECUTED, OVER, PENDING, SUCCEEDED, Attempt

#: Of an answer: the OVH batch was cancelled before it left, and no other one of the name may be there.
NOTHING_LEAVES = "nothing_leaves"
_table = tables.attempts
_SHOWN = [_table.c[name] for name in ("tag", "state", "dag_id", "run_id", "claimed_at", "list_digest")]


def check_not_duplicate(
    connection: Connection,
    attempt: Attempt,
    now: datetime,
    *,
    duplicate_window: timedelta | None,
    in_flight_window: timedelta,
) -> None:
    """Refuse a batch by what other batches have done, or may be doing.

    :param duplicate_window: an equal batch claimed within this time is a duplicate; ``None`` allows it.
    :param in_flight_window: another run's pending batch counts as in flight for this time.
    :raises DuplicateSubmission: an equal batch was sent, or is undecided; not if OVH refused every receiver of it.
    :raises SubmissionInFlight: another run is submitting right now. Its outcome is near, so it is waited for.
    :raises RunCancelled: a person has cancelled the run.
    """
    refuse_cancelled(connection, attempt.dag_id, attempt.run_id)
    duplicate = None
    if duplicate_window is not None:
        since = _table.c.claimed_at > now - duplicate_window
        duplicate = _latest(connection, attempt, _equal(attempt), _not_all_refused(), since)
    if duplicate is not None and duplicate.state == SUCCEEDED:
        raise _duplicate(attempt, duplicate)
    recent = _table.c.claimed_at > now - in_flight_window
    rival = _latest(connection, attempt, of_another_run(attempt), _table.c.state == PENDING, recent)
    if rival is not None:
        raise _in_flight(attempt, rival, in_flight_window)
    if duplicate is not None:
        raise _duplicate(attempt, duplicate)


def of_another_run(attempt: Attempt) -> ColumnElement[bool]:
    """Select the attempts of other runs than this attempt's."""
    return not_(and_(_table.c.dag_id == attempt.dag_id, _table.c.run_id == attempt.run_id))


def same_batch(wanted: Attempt) -> ColumnElement[bool]:
    """Select the attempts at the same batch by any map index of its task."""
    names = ("kind", "dag_id", "run_id", "task_id", "account", "list_digest", "message_digest")
    return and_(*_alike(wanted, *names), _table.c.kind == BATCH, _table.c.task_id != "")


def same_map_index(wanted: Attempt) -> ColumnElement[bool]:
    """Select the attempts of the same task instance."""
    return and_(*_alike(wanted, "kind", "dag_id", "run_id", "task_id", "map_index"), _table.c.task_id != "")


def is_live_elsewhere(connection: Connection, wanted: Attempt) -> bool:
    """Return whether the write was made under another tag, or may have been: by another process at this moment."""
    same = or_(same_batch(wanted), same_map_index(wanted))
    query = select(exists().where(_table.c.tag != wanted.tag, _table.c.state != NOT_EXECUTED, same))
    return bool(connection.execute(query).scalar())


def _alike(wanted: Attempt, *names: str) -> list[ColumnElement[bool]]:
    return [_table.c[name] == getattr(wanted, name) for name in names]


def _equal(attempt: Attempt) -> ColumnElement[bool]:
    """The same message to the same list."""
    same_list = _table.c.list_digest == attempt.list_digest
    return and_(same_list, _table.c.message_digest == attempt.message_digest, _table.c.state.not_in(OVER))


def _not_all_refused() -> ColumnElement[bool]:
    """Leave out a batch if OVH refused every receiver, or it was cancelled; not one that a person knows to be sent."""
    submitted, messages, refused = (_table.c.answer[n].as_integer() for n in ("submitted", "messages", "refused"))
    is_cancelled = _table.c.answer[NOTHING_LEAVES].as_boolean().is_(True)
    return and_(submitted == 0, messages == 0, or_(refused > 0, is_cancelled)).is_not(True)


def _latest(connection: Connection, attempt: Attempt, *where: ColumnElement[bool]) -> Row[Any] | None:
    """Find another batch of the same campaign; one that succeeded before one that did not, then the newest."""
    query = (
        select(*_SHOWN)
        .where(
            _table.c.account == attempt.account,
            _table.c.campaign == attempt.campaign,
            _table.c.kind == attempt.kind,
            _table.c.tag != attempt.tag,
            *where,
        )
        .order_by((_table.c.state == SUCCEEDED).desc(), _table.c.claimed_at.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _duplicate(attempt: Attempt, other: Row[Any]) -> DuplicateSubmission:
    fate = "was sent" if other.state == SUCCEEDED else "was started, and may have been sent,"
    people = "the same list" if other.list_digest == attempt.list_digest else "a list from the same contact list"
    return DuplicateSubmission(
        f"The same message to {people} {fate} for campaign {attempt.campaign} on "
        f"{other.claimed_at:%Y-%m-%d %H:%M} UTC by run {other.run_id} of {other.dag_id} (tag {other.tag}). "
        "It is not sent again so soon.",
        action='To send it to these people again, trigger the DAG with "force" ticked, which is the configuration '
        '{"force": true}. To finish a run that failed, clear its failed tasks. Otherwise do nothing.',
    )


def _in_flight(attempt: Attempt, other: Row[Any], window: timedelta) -> SubmissionInFlight:
    return SubmissionInFlight(
        f"Run {other.run_id} of {other.dag_id} is submitting campaign {attempt.campaign} right now (tag {other.tag}, "
        f"since {other.claimed_at:%Y-%m-%d %H:%M:%S} UTC). Nothing was sent.",
        action=f"Wait: it counts as in flight for {window} at most. Or mark this run failed to give it up.",
    )
