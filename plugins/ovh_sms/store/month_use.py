"""The credits that the runs of a campaign have spent, may have spent, and have reserved in one calendar month."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.reservation_records import MonthlyBudget, MonthUse, WantedCredits
from ovh_sms.store.reservation_tables import reservations

_attempts, _it, _withdrawals = tables.attempts.c, reservations.c, tables.withdrawals.c
_UNDECIDED = (PENDING, UNKNOWN)


def month_use(connection: Connection, wanted: WantedCredits, budget: MonthlyBudget, now: datetime) -> MonthUse:
    """Sum up the credits of a campaign's runs in the month of a moment.

    A batch counts in the month in which it was submitted. A batch that is reserved counts in this one, however late it
    leaves: a budget is rather used too little than too much.

    :param wanted: of the run that is checked; its batches that are not submitted are what it needs.
    :param now: aware.
    """
    start, end = month_of(now, budget.timezone)
    in_month = and_(_attempts.claimed_at >= start, _attempts.claimed_at < end)
    ours = and_(_attempts.dag_id == wanted.dag_id, _attempts.kind == BATCH)
    rows = connection.execute(_amounts().where(ours, in_month)).all()
    refunds = select(func.coalesce(func.sum(_withdrawals.credits), 0.0)).where(
        exists().where(ours, in_month, _attempts.tag == _withdrawals.tag)
    )
    submitted = {
        (run_id, digest)
        for run_id, digest in connection.execute(
            select(_attempts.run_id, _attempts.list_digest).where(
                ours,
                _attempts.state.in_((SUCCEEDED, *_UNDECIDED)),
                or_(_attempts.run_id == wanted.run_id, _has_reservation(now)),
            )
        )
    }
    return MonthUse(
        month=start.date(),
        budget=budget.credits,
        spent=math.fsum(_cost(row) for row in rows if row.state == SUCCEEDED)
        - float(connection.execute(refunds).scalar_one()),
        unknown=math.fsum(_cost(row) for row in rows if row.state in _UNDECIDED),
        reserved=_reserved(connection, wanted, submitted, now),
        needed=math.fsum(
            amount for digest, amount in wanted.batches.items() if (wanted.run_id, digest) not in submitted
        ),
    )


def month_of(now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a moment's month in a time zone, and that of the next month."""
    first = now.astimezone(ZoneInfo(timezone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


def _amounts() -> Select[Any]:
    """Select the state and the credits of attempts."""
    return select(
        _attempts.state,
        _attempts.answer["credits_spent"].as_float().label("spent"),
        _attempts.snapshot["credits_estimated"].as_float().label("estimated"),
    )


def _cost(row: Row[Any]) -> float:
    """The credits that OVH took; as estimated if nobody knows that."""
    return float(row.estimated or 0.0) if row.spent is None else float(row.spent)


def _has_reservation(now: datetime) -> ColumnElement[bool]:
    same_run = and_(_it.dag_id == _attempts.dag_id, _it.run_id == _attempts.run_id)
    return exists().where(same_run, _it.expires_at > now)


def _reserved(connection: Connection, wanted: WantedCredits, submitted: set[tuple[str, str]], now: datetime) -> float:
    """The credits that other lists of the campaign have reserved and not submitted."""
    cancelled = tables.cancelled_runs.c
    query = select(_it.run_id, _it.batches).where(
        _it.dag_id == wanted.dag_id,
        _it.list_tag != wanted.list_tag,
        _it.reserved_at.is_not(None),
        _it.released_at.is_(None),
        _it.expires_at > now,
        ~exists().where(cancelled.dag_id == _it.dag_id, cancelled.run_id == _it.run_id),
    )
    return math.fsum(
        amount
        for run_id, batches in connection.execute(query)
        for digest, amount in batches.items()
        if (run_id, digest) not in submitted
    )
