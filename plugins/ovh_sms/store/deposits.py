"""Reads of the journal about credits: which orders and transfers were made for an account, or may have been."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from ovh_sms.store import tables
from ovh_sms.store.attempt_queries import COLUMNS, LIVE
from ovh_sms.store.journaled_transfers import JournaledTransfer
from ovh_sms.store.models import DEPOSITS, MESSAGES, NUMBER_CHECK, ORDER, PENDING, SUCCEEDED, TRANSFER, UNKNOWN, Attempt
from ovh_sms.store.repository import Repository

_table = tables.attempts


class Deposits(Repository):
    """The attempts at orders and transfers of credits."""

    def of_need(self, need: str) -> Attempt | None:
        """Find the order or transfer that covers a need, or may; ``None`` if certainly none does."""
        return next(iter(self._list(_table.c.need == need, _table.c.kind.in_(DEPOSITS), LIVE)), None)

    def succeeded(self, account: str) -> list[Attempt]:
        """List the orders and transfers that were made for an account, the newest one first."""
        made = (_table.c.kind.in_(DEPOSITS), _table.c.state == SUCCEEDED)
        return self._list(_table.c.account == account, *made)

    def live_orders(self, account: str, since: datetime) -> list[Attempt]:
        """List the orders since a moment that were made for an account, or may have been, the newest one first."""
        orders = (_table.c.kind == ORDER, LIVE, _table.c.claimed_at >= since)
        return self._list(_table.c.account == account, *orders)

    def unknown(self, account: str, *, pending_before: datetime) -> list[Attempt]:
        """List the orders, payments and transfers of an account that nobody knows to be made, the newest one first.

        :param pending_before: one that was claimed before and is still pending is under way no more.
        """
        is_old = and_(_table.c.state == PENDING, _table.c.claimed_at < pending_before)
        of_credits = (_table.c.kind.not_in(MESSAGES), or_(_table.c.state == UNKNOWN, is_old))
        return self._list(_table.c.account == account, *of_credits)

    def undecided_transfers(self) -> list[Attempt]:
        """List the transfers between any accounts that may have been made, the newest one first."""
        return self._list(_table.c.kind == TRANSFER, _table.c.state.in_((PENDING, UNKNOWN)))

    def transfers(self, account: str, since: datetime) -> list[JournaledTransfer]:
        """List the transfers from or to an account that were made since a moment, by the time of their claim.

        A check of numbers takes credits from its account as a transfer to nobody does.
        """
        source, target = (_table.c.answer[name].as_string() for name in ("source", "target"))
        query = select(_table.c.answer).where(
            _table.c.kind.in_((TRANSFER, NUMBER_CHECK)),
            _table.c.state == SUCCEEDED,
            _table.c.claimed_at >= since,
            or_(source == account, target == account),
        )
        with self.database.reading() as connection:
            return [_transfer(answer) for answer in connection.execute(query).scalars()]

    def _list(self, *where: ColumnElement[bool]) -> list[Attempt]:
        query = select(*COLUMNS).where(*where).order_by(_table.c.claimed_at.desc(), _table.c.tag)
        with self.database.reading() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]


def _transfer(answer: Mapping[str, Any]) -> JournaledTransfer:
    return JournaledTransfer(
        source=answer["source"],
        target=answer["target"],
        credits=float(answer["credits"]),
        after=datetime.fromisoformat(answer["not_yet_at"]),
        before=datetime.fromisoformat(answer["done_at"]),
    )
