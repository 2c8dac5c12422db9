"""Refuses an order or a transfer of credits if another one covers the need, or may be under way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from ovh_sms.errors import SubmissionInFlight
from ovh_sms.store import tables
from ovh_sms.store.models import DEPOSITS, ORDER, OVER, PENDING, TRANSFER, Attempt, NeedCovered

_table = tables.attempts
_SHOWN = [_table.c[name] for name in ("tag", "kind", "state", "account", "claimed_at")]
#: A pending attempt counts only if its date is not past, as after a clock was set back.
_CHECK_CLOCKS = "If that moment is not past, set the clock of this worker; then start a new run."


def locked_names(attempt: Attempt) -> set[str]:
    """Return what a claim locks: the account, the source of a transfer, and the need."""
    return {attempt.account, source_of(attempt) or attempt.account, attempt.need or attempt.account}


def source_of(attempt: Attempt) -> str | None:
    """Return the account that a transfer takes credits from; ``None`` for other writes."""
    return str((attempt.snapshot or {})["source"]) if attempt.kind == TRANSFER else None


def refuse_second_deposit(connection: Connection, attempt: Attempt, now: datetime, *, window: timedelta) -> None:
    """Refuse an order or a transfer by what other orders and transfers have done, or may be doing.

    :param window: another one that is pending counts as under way for this time.
    :raises NeedCovered: another one covers the need, or may: nobody knows what became of it.
    :raises SubmissionInFlight: another one is under way, for the need or with the same credits.
    """
    if attempt.kind not in DEPOSITS:
        return
    recent = (_table.c.state == PENDING, _table.c.claimed_at > now - window)
    if attempt.need:
        same_need = _table.c.need == attempt.need
        other = _other(connection, attempt, same_need, *recent)
        if other is not None:
            raise _in_flight(other, window)
        covering = _other(connection, attempt, same_need, _table.c.state.not_in(OVER))
        if covering is not None:
            raise NeedCovered(covering.kind, covering.tag, covering.state)
    same_kind = (_table.c.kind == attempt.kind, *recent)
    others = [_table.c.account == attempt.account]
    if source := source_of(attempt):
        others.append(_table.c.snapshot["source"].as_string() == source)
    for where in others:
        other = _other(connection, attempt, where, *same_kind)
        if other is not None:
            raise _in_flight(other, window)


def _other(connection: Connection, attempt: Attempt, *where: ColumnElement[bool]) -> Row[Any] | None:
    query = select(*_SHOWN).where(_table.c.tag != attempt.tag, _table.c.kind.in_(DEPOSITS), *where)
    return connection.execute(query.order_by(_table.c.claimed_at.desc()).limit(1)).first()


def _in_flight(other: Row[Any], window: timedelta) -> SubmissionInFlight:
    named = "An order" if other.kind == ORDER else "A transfer"
    return SubmissionInFlight(
        f"{named} of credits for {other.account} was started on {other.claimed_at:%Y-%m-%d %H:%M:%S} UTC, and "
        f"its result is not known yet (tag {other.tag}). No second one was made.",
        action=f"Wait: it counts for {window} at most. {_CHECK_CLOCKS}",
    )
