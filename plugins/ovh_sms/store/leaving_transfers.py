"""Transfers of credits from an account whose credits its balance may still hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from ovh_sms.store import tables
from ovh_sms.store.models import PENDING, SUCCEEDED, TRANSFER, UNKNOWN
from ovh_sms.store.reservation_records import OtherReservation

_table = tables.attempts.c
_UNDECIDED = (PENDING, UNKNOWN)
#: A request whose answer was lost reaches OVH within this time, or never does.
_UNDER_WAY = timedelta(hours=1)


def transfers_over(connection: Connection, account: str, now: datetime) -> frozenset[tuple[str, int]]:
    """Find the transfers from an account that take nothing from it any more: a later reading lacks what they took.

    :returns: their tags and numbers of attempts.
    """
    is_old = and_(_table.state.in_(_UNDECIDED), _table.claimed_at <= now - _UNDER_WAY)
    query = select(_table.tag, _table.attempt).where(*_from(account), or_(_table.state == SUCCEEDED, is_old))
    return frozenset((tag, attempt) for tag, attempt in connection.execute(query))


def leaving_transfers(connection: Connection, account: str, over: frozenset[tuple[str, int]]) -> list[OtherReservation]:
    """List the transfers that take credits from an account after they were read, or may have taken them.

    :param over: what :func:`transfers_over` returned before the account's credits were read.
    """
    columns = (_table.tag, _table.attempt, _table.account, _table.snapshot["credits"].as_float())
    query = select(*columns).where(*_from(account), _table.state.in_((*_UNDECIDED, SUCCEEDED)))
    return [
        OtherReservation("", "", float(amount), transfer_to=target)
        for tag, attempt, target, amount in connection.execute(query)
        if (tag, attempt) not in over
    ]


def _from(account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _table.kind == TRANSFER, _table.snapshot["source"].as_string() == account
