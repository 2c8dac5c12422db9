"""Transfers of credits from an account whose credits its balance may still hold."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from ovh_sms.store import tables
from ovh_sms.store.models import PENDING, SUCCEEDED, TRANSFER, UNKNOWN
from ovh_sms.store.reservation_records import OtherReservation

_table = tables.attempts.c


def made_transfers(connection: Connection, account: str) -> frozenset[str]:
    """Find the tags of the transfers from an account that were made: their credits are in no later reading of it."""
    made = select(_table.tag).where(*_from(account), _table.state == SUCCEEDED)
    return frozenset(connection.execute(made).scalars())


def leaving_transfers(connection: Connection, account: str, made: frozenset[str]) -> list[OtherReservation]:
    """List the transfers that take credits from an account after they were read, or may have taken them.

    :param made: what :func:`made_transfers` returned before the account's credits were read.
    """
    may_be_made = _table.state.in_((PENDING, UNKNOWN, SUCCEEDED))
    query = select(_table.tag, _table.account, _table.snapshot["credits"].as_float()).where(
        *_from(account), may_be_made
    )
    return [
        OtherReservation("", "", float(amount), transfer_to=target)
        for tag, target, amount in connection.execute(query)
        if tag not in made
    ]


def _from(account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _table.kind == TRANSFER, _table.snapshot["source"].as_string() == account
