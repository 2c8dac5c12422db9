"""Who may hand a sending or an order to OVH: one process alone, and not what was handed over before."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, not_, or_, select, text, update

from ovh_sms.errors import ConfigurationError, DuplicateSubmission, RunCancelled, SubmissionInFlight
from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, NOT_EXECUTED, PENDING, SUCCEEDED, Attempt
from ovh_sms.store.upsert import insert_missing

# Any fixed number: beside it, the account tells one queue of PostgreSQL's advisory locks from another.
_ADVISORY_LOCK = 0x6F766873

#: OVH holds a message no longer than this.
LONGEST_WAIT = timedelta(days=14)
#: What makes a sending or an order this one, beside its tag.
IDENTITY = ("dag_id", "run_id", "account", "list_digest", "message_digest")

_table = tables.posts
_SHOWN = [_table.c[name] for name in ("tag", "state", "dag_id", "run_id", "opened_at", "list_digest")]


def alone(connection: Connection, account: str) -> None:
    """Keep others of the same account out until the transaction ends; SQLite has one writer anyway.

    The lock ends with its connection, so a process that is killed leaves none behind.
    """
    if connection.dialect.name == "postgresql":
        # PostgreSQL takes two signed numbers of 32 bits. Accounts that share one merely wait for each other.
        which = zlib.crc32(account.encode()) - 2**31
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:ours, :which)"), {"ours": _ADVISORY_LOCK, "which": which}
        )


def moment(connection: Connection) -> datetime:
    """Tell the time by the one clock that everybody who shares the database shares.

    On PostgreSQL that is the server's, at this moment and not at the transaction's beginning: a transaction may have
    waited for another one. A SQLite file is shared on one machine only, whose clock it is.
    """
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)


def claim(connection: Connection, post: Attempt) -> bool | None:
    """Look whether an attempt can still be had.

    :returns: ``True`` where this holder has it, ``False`` where nobody else may have it, ``None`` where it is free.
    :raises ConfigurationError: the tag is another sending's.
    """
    _refuse_foreign_tag(connection, post)
    query = select(_table.c.attempt, _table.c.holder, _table.c.state).where(_table.c.tag == post.tag)
    for attempt, holder, state in connection.execute(query):
        if attempt == post.attempt:
            # Closed is closed, for its holder too: whoever closed it may have begun the next attempt.
            return bool(holder == post.holder and state == PENDING)
        if attempt > post.attempt or state != NOT_EXECUTED:  # an earlier one may still be on its way
            return False
    return None


def _refuse_foreign_tag(connection: Connection, post: Attempt) -> None:
    same = and_(*(_table.c[name] == getattr(post, name) for name in IDENTITY))
    query = select(*_SHOWN).where(_table.c.tag == post.tag, _table.c.state != NOT_EXECUTED, not_(same))
    other = connection.execute(query).first()
    if other is not None:
        raise ConfigurationError(
            f"The tag {post.tag} is that of another sending: of run {other.run_id} of {other.dag_id}, or of another "
            "message or list.",
            action="Nothing was sent. A tag of your own must never have been used before: give each task another one.",
        )


def guard(
    connection: Connection,
    post: Attempt,
    now: datetime,
    *,
    duplicate_window: timedelta | None,
    in_flight_window: timedelta,
) -> None:
    """Refuse what another sending has done, or may be doing.

    :param duplicate_window: an equal sending opened within this time is a repetition; ``None`` allows it.
    :param in_flight_window: another run's open sending counts as busy for this time.
    :raises DuplicateSubmission: an equal one is done, or was begun and not decided; not where OVH refused everybody.
    :raises SubmissionInFlight: another run is at it right now. Its outcome is near, so it is waited for.
    :raises RunCancelled: a person has stopped the run.
    """
    refuse_cancelled(connection, post.dag_id, post.run_id)
    repeated = None
    if duplicate_window is not None:
        since = _table.c.opened_at > now - duplicate_window
        repeated = _latest(connection, post, _equal(post), _not_refused(), since)
    if repeated is not None and repeated.state == SUCCEEDED:
        raise _already_sent(post, repeated)
    other_run = _other_run(post)
    recent = _table.c.opened_at > now - in_flight_window
    busy = _latest(connection, post, other_run, _table.c.state == PENDING, recent)
    if busy is not None:
        raise _busy(post, busy, in_flight_window)
    if repeated is not None:
        raise _already_sent(post, repeated)


def keep(connection: Connection, post: Attempt, now: datetime) -> bool:
    """Put an attempt on record as open, before anything goes to OVH.

    :returns: whether it is this holder's: the key alone decides, should two accounts ever use one tag.
    """
    insert_missing(connection, _table, asdict(post) | {"state": PENDING, "opened_at": now})
    return claim(connection, post) is True


def refuse_cancelled(connection: Connection, dag_id: str, run_id: str) -> None:
    """Refuse to hand anything more to OVH for a run that a person has stopped."""
    table = tables.stopped
    query = select(table.c.at).where(table.c.dag_id == dag_id, table.c.run_id == run_id)
    at = connection.execute(query).scalar()
    if at is not None:
        raise RunCancelled(
            f"Run {run_id} of {dag_id} was stopped on {at:%Y-%m-%d %H:%M} UTC: nothing more is sent for it.",
            action="To send the campaign all the same, start a new run with force.",
        )


def close(
    connection: Connection,
    tag: str,
    attempt: int,
    state: str,
    *,
    answer: dict[str, Any] | None = None,
    job_ids: Sequence[int] | None = None,
) -> bool:
    """Put on record how an attempt ended; what was done stays done, and its first answer stays.

    :returns: whether the attempt is in that state now.
    """
    changeable = (PENDING, NOT_EXECUTED) if state == SUCCEEDED else (PENDING,)
    here = and_(_table.c.tag == tag, _table.c.attempt == attempt)
    connection.execute(update(_table).where(here, _table.c.state.in_(changeable)).values(state=state))
    for name, value in (("answer", answer), ("job_ids", job_ids)):
        if value is not None:
            connection.execute(update(_table).where(here, _table.c[name].is_(None)).values({name: value}))
    return connection.execute(select(_table.c.state).where(here)).scalar() == state


def of_tag(connection: Connection, tag: str) -> list[Attempt]:
    """List the attempts of a sending or an order, the first one first."""
    columns = [_table.c[field.name] for field in fields(Attempt)]
    query = select(*columns).where(_table.c.tag == tag).order_by(_table.c.attempt)
    return [Attempt(**row) for row in connection.execute(query).mappings()]


def of_campaign(connection: Connection, campaign: str, account: str, run_id: str | None) -> list[Attempt]:
    """List what a run of a campaign handed to OVH, or may have: of the latest run where none is named."""
    columns = [_table.c[field.name] for field in fields(Attempt)]
    query = (
        select(*columns)
        .where(_table.c.campaign == campaign, _table.c.account == account, _table.c.state != NOT_EXECUTED)
        .order_by(_table.c.opened_at.desc())
    )
    if run_id is not None:
        query = query.where(_table.c.run_id == run_id)
    found = [Attempt(**row) for row in connection.execute(query).mappings()]
    return [post for post in found if (post.dag_id, post.run_id) == (found[0].dag_id, found[0].run_id)]


def record(connection: Connection, tag: str) -> Attempt | None:
    """Find the attempt that is at OVH, or may be: at most one is, as a later one needs all before it void."""
    return next((post for post in of_tag(connection, tag) if post.state != NOT_EXECUTED), None)


def job_ids(connection: Connection, tag: str) -> list[int]:
    """List OVH's ids of a sending's messages, as far as its answer told them."""
    query = select(_table.c.job_ids).where(_table.c.tag == tag, _table.c.state != NOT_EXECUTED)
    return [each for ids in connection.execute(query).scalars() for each in ids or ()]


def rivals(connection: Connection, post: Attempt, since: datetime, *, same_message: bool = False) -> int:
    """Count the sendings of other runs since a moment whose messages nobody can name: they may pass for this one's."""
    other_run = not_(and_(_table.c.dag_id == post.dag_id, _table.c.run_id == post.run_id))
    query = select(func.count()).where(
        _table.c.account == post.account,
        _table.c.kind == BATCH,
        _table.c.state != NOT_EXECUTED,
        _table.c.job_ids.is_(None),
        _table.c.opened_at >= since,
        other_run,
    )
    if same_message:
        query = query.where(_table.c.message_digest == post.message_digest)
    return int(connection.execute(query).scalar_one())


def jobs_of_others(connection: Connection, account: str, tags: Collection[str]) -> dict[int, datetime]:
    """List OVH's ids of the messages of all other sendings of an account, each with when its attempt was opened."""
    query = select(_table.c.job_ids, _table.c.opened_at).where(
        _table.c.account == account,
        _table.c.tag.not_in(tags),
        _table.c.state != NOT_EXECUTED,
        _table.c.job_ids.is_not(None),
        _table.c.opened_at >= moment(connection) - LONGEST_WAIT,
    )
    return {each: opened for ids, opened in connection.execute(query) for each in ids}


def refunded(connection: Connection, account: str, since: datetime) -> float:
    """Sum the credits of messages of an account that were taken back since a moment."""
    table = tables.withdrawn
    query = select(func.coalesce(func.sum(table.c.credits), 0.0)).where(
        table.c.account == account, table.c.at >= since
    )
    return float(connection.execute(query).scalar_one())


def of_run(connection: Connection, dag_id: str, run_id: str) -> list[Attempt]:
    """List the sendings that a run handed to OVH, or may have, the first one first."""
    columns = [_table.c[field.name] for field in fields(Attempt)]
    query = (
        select(*columns)
        .where(_table.c.dag_id == dag_id, _table.c.run_id == run_id)
        .where(_table.c.kind == BATCH, _table.c.state != NOT_EXECUTED)
        .order_by(_table.c.opened_at, _table.c.tag)
    )
    return [Attempt(**row) for row in connection.execute(query).mappings()]


def next_submission(connection: Connection, post: Attempt) -> Attempt | None:
    """Find the first sending of another run of the campaign after this one; ``None`` where there is none."""
    columns = [_table.c[field.name] for field in fields(Attempt)]
    other_run = not_(and_(_table.c.dag_id == post.dag_id, _table.c.run_id == post.run_id))
    query = (
        select(*columns)
        .where(_table.c.account == post.account, _table.c.campaign == post.campaign, other_run)
        .where(_table.c.opened_at > post.opened_at, _table.c.kind == BATCH, _table.c.state != NOT_EXECUTED)
        .order_by(_table.c.opened_at)
        .limit(1)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else Attempt(**found)


def _other_run(post: Attempt) -> ColumnElement[bool]:
    return not_(and_(_table.c.dag_id == post.dag_id, _table.c.run_id == post.run_id))


def _equal(post: Attempt) -> ColumnElement[bool]:
    """The same message to the same people: a STOP or another batch size makes another list of one contact list."""
    same_people = _table.c.list_digest == post.list_digest
    if post.source_digest is not None:
        # The pieces of one run come from one contact list, and nobody is in two of them.
        same_people |= and_(_table.c.source_digest == post.source_digest, _other_run(post))
    return and_(
        same_people,
        _table.c.message_digest == post.message_digest,
        or_(_table.c.state == PENDING, _table.c.state == SUCCEEDED),
    )


def _latest(connection: Connection, post: Attempt, *where: ColumnElement[bool]) -> Row[Any] | None:
    """Find another sending of the same campaign; a done one before an open one, then the newest."""
    query = (
        select(*_SHOWN)
        .where(
            _table.c.account == post.account,
            _table.c.campaign == post.campaign,
            _table.c.kind == post.kind,
            _table.c.tag != post.tag,
            *where,
        )
        .order_by(_table.c.state, _table.c.opened_at.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _already_sent(post: Attempt, other: Row[Any]) -> DuplicateSubmission:
    what = "was handed to OVH" if other.state == SUCCEEDED else "was begun, and may have been handed to OVH,"
    people = "the same list" if other.list_digest == post.list_digest else "a list from the same contact list"
    return DuplicateSubmission(
        f"The same message to {people} {what} for campaign {post.campaign} on "
        f"{other.opened_at:%Y-%m-%d %H:%M} UTC by run {other.run_id} of {other.dag_id} (tag {other.tag}). "
        "It is not sent again so soon.",
        action="If these people are to get it again, start a run with force. To finish a run that failed, "
        "clear its failed tasks; otherwise do nothing.",
    )


def _busy(post: Attempt, other: Row[Any], within: timedelta) -> SubmissionInFlight:
    return SubmissionInFlight(
        f"Run {other.run_id} of {other.dag_id} is sending campaign {post.campaign} right now (tag {other.tag}, "
        f"since {other.opened_at:%Y-%m-%d %H:%M:%S} UTC). Nothing was sent.",
        action=f"Wait: it counts as sending for {within} at most. Or mark this run failed to give it up.",
    )


def _not_refused() -> ColumnElement[bool]:
    """Leave out a sending of which OVH refused everybody; not one that a person knows to be sent."""
    submitted, jobs, invalid = (_table.c.answer[n].as_integer() for n in ("submitted", "messages", "refused"))
    return and_(submitted == 0, jobs == 0, invalid > 0).is_not(True)
