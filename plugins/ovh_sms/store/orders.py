"""Orders of credits: their prices, links and statuses, as OVH last showed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update

from ovh_sms.store.credit_tables import orders as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

#: A run that pays its order by itself has done so within this time, or has failed.
PAID_WITHIN = timedelta(days=1)
#: Credits that nobody has seen are reported and shown for so long.
MISSING_SHOWN = timedelta(days=7)
#: Status of an order that OVH shows no more, or has left unpaid for too long.
GONE = "gone"
#: Statuses of an order that takes no money.
CANCELLED_STATUSES = frozenset({"cancelled", "cancelling"})
#: Statuses of an order that waits for a person: OVH names none until it lists the order.
WAITING_STATUSES = frozenset({"", "not paid", "documents requested"})


@dataclass(frozen=True, kw_only=True)
class OrderRecord:
    """One order of credits that the journal made.

    :param url: OVH's form, at which a person pays it. It carries a password: never log it.
    :param contracts: ``name`` and ``url`` of each contract that the payment accepts.
    :param status: as OVH last named it, or ``gone``; empty if OVH has not shown it yet.
    :param paid: the end of the payment by this package, empty if it made none.
    :param will_be_paid: the run that ordered pays it with the default payment method.
    :param tag: of the order's attempt.
    :param delivered_at: when OVH was first seen to call it delivered.
    :param undelivered_at: when OVH was last seen not to do so.
    :param arrived_at: when its credits were first seen on the account.
    :param given_up_at: since when they are not waited for any more, though nobody has seen them.
    """

    order_id: int
    account: str
    tag: str
    quantity: int
    ordered_at: datetime
    price_with_tax: float | None = None
    price_without_tax: float | None = None
    currency: str | None = None
    url: str | None = field(default=None, repr=False)
    contracts: Sequence[Mapping[str, str]] = ()
    expires_at: datetime | None = None
    status: str = ""
    status_at: datetime | None = None
    paid: str = ""
    will_be_paid: bool = False
    delivered_at: datetime | None = None
    undelivered_at: datetime | None = None
    arrived_at: datetime | None = None
    given_up_at: datetime | None = None

    @property
    def takes_money(self) -> bool:
        """Whether it is not cancelled."""
        return self.status not in CANCELLED_STATUSES

    def is_paid_next(self, now: datetime) -> bool:
        """Whether its run is about to pay it, and no person must.

        :param now: aware.
        """
        is_open = self.status in {"", "not paid"} and not self.paid
        return self.will_be_paid and is_open and now - self.ordered_at < PAID_WITHIN

    @property
    def is_missing_credits(self) -> bool:
        """Whether nobody has seen its credits, and they are not waited for any more."""
        return self.given_up_at is not None and self.arrived_at is None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether a person must pay it, or do what OVH asks for."""
        return self.status in WAITING_STATUSES


_COLUMNS = [_table.c[each.name] for each in fields(OrderRecord)]


class Orders(Repository):
    """Orders by OVH's id."""

    def record(self, order: OrderRecord) -> None:
        """Record an order; one that is recorded stays as it is."""
        values: dict[str, Any] = asdict(order) | {"contracts": [dict(each) for each in order.contracts]}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, _table, values)

    def of(self, order_id: int) -> OrderRecord | None:
        """Return an order; ``None`` if this package did not make it."""
        return next(iter(self._list(_table.c.order_id == order_id)), None)

    def of_account(self, account: str) -> list[OrderRecord]:
        """List the orders of an account, the newest one first."""
        return self._list(_table.c.account == account)

    def missing_credits(self, account: str) -> list[OrderRecord]:
        """List the delivered orders of the last days whose credits nobody has seen, the newest one first."""
        since = self.clock.now() - MISSING_SHOWN
        return self._list(_table.c.account == account, _table.c.given_up_at >= since, _table.c.arrived_at.is_(None))

    def accounts(self) -> list[str]:
        """List the accounts for which anything was ordered, by name."""
        query = select(_table.c.account).distinct().order_by(_table.c.account)
        with self.database.reading() as connection:
            return list(connection.execute(query).scalars())

    def set_status(self, order_id: int, status: str, at: datetime) -> None:
        """Record the status of an order as OVH shows it; when it was first seen delivered, and last seen otherwise."""
        here = _table.c.order_id == order_id
        values = {"status": status, "status_at": at}
        if status != "delivered":
            values["undelivered_at"] = at
        with self.database.writing() as connection:
            connection.execute(update(_table).where(here).values(values))
            if status == "delivered":
                first = (here, _table.c.delivered_at.is_(None))
                connection.execute(update(_table).where(*first).values(delivered_at=at))

    def set_arrived(self, order_id: int, at: datetime) -> None:
        """Record when the credits of an order were first seen on its account."""
        here = (_table.c.order_id == order_id, _table.c.arrived_at.is_(None))
        with self.database.writing() as connection:
            connection.execute(update(_table).where(*here).values(arrived_at=at))

    def end_wait(self, order_id: int, at: datetime) -> None:
        """Record that the credits of a delivered order are not waited for any more: nobody has seen them."""
        here = (_table.c.order_id == order_id, _table.c.arrived_at.is_(None), _table.c.given_up_at.is_(None))
        with self.database.writing() as connection:
            connection.execute(update(_table).where(*here).values(given_up_at=at))

    def set_expiry(self, order_id: int, at: datetime) -> None:
        """Record when OVH closes an order that nobody pays."""
        with self.database.writing() as connection:
            connection.execute(update(_table).where(_table.c.order_id == order_id).values(expires_at=at))

    def set_paid(self, order_id: int, result: str) -> None:
        """Record how the payment of an order ended."""
        with self.database.writing() as connection:
            connection.execute(update(_table).where(_table.c.order_id == order_id).values(paid=result))

    def _list(self, *where: ColumnElement[bool]) -> list[OrderRecord]:
        query = select(*_COLUMNS).where(*where).order_by(_table.c.ordered_at.desc(), _table.c.order_id.desc())
        with self.database.reading() as connection:
            return [OrderRecord(**row) for row in connection.execute(query).mappings()]
