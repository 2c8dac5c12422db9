"""Transfers from an account, quotas of its users and checks of numbers, whose credits its balance may still hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select

from ovh_sms.store import tables
from ovh_sms.store.models import NUMBER_CHECK, PENDING, SUCCEEDED, TRANSFER, UNKNOWN, USER
from ovh_sms.store.reservation_records import OtherReservation

_table = tables.attempts.c
_UNDECIDED = (PENDING, UNKNOWN)
#: A request whose answer was lost reaches OVH within this time, or never does.
_UNDER_WAY = timedelta(hours=1)


def transfers_over(connection: Connection, account: str, now: datetime) -> frozenset[tuple[str, int]]:
    """Find the transfers and quotas from an account that take nothing from it any more.

    A later reading of its credits lacks what they took.

    :returns: their tags and numbers of attempts.
    """
    is_old = and_(_table.state.in_(_UNDECIDED), _table.claimed_at <= now - _UNDER_WAY)
    query = select(_table.tag, _table.attempt).where(*_from(account), or_(_table.state == SUCCEEDED, is_old))
    return frozenset((tag, attempt) for tag, attempt in connection.execute(query))


def leaving_transfers(connection: Connection, account: str, over: frozenset[tuple[str, int]]) -> list[OtherReservation]:
    """List the transfers and quotas that take credits from an account after they were read, or may have taken them.

    A check of numbers is the reservation of its run.

    :param over: what :func:`transfers_over` returned before the account's credits were read.
    """
    target_of = case(
        (_table.kind == USER, _table.snapshot["login"].as_string()),
        (_table.kind == NUMBER_CHECK, ""),
        else_=_table.account,
    )
    credits_of = _table.snapshot["credits"].as_float()
    columns = (_table.tag, _table.attempt, _table.dag_id, _table.run_id, target_of, credits_of)
    query = select(*columns).where(*_from(account), _table.state.in_((*_UNDECIDED, SUCCEEDED)))
    return [
        OtherReservation("", "", float(amount), transfer_to=target)
        if target
        else OtherReservation(dag_id, run_id, float(amount))
        for tag, attempt, dag_id, run_id, target, amount in connection.execute(query)
        if (tag, attempt) not in over
    ]


def _from(account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    # A quota is taken out of the account: a write that takes none has no source.
    here = _table.snapshot["source"].as_string() == account
    return _table.kind.in_((TRANSFER, USER, NUMBER_CHECK)), here
