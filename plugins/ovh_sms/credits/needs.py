"""Needs of credits: each time that an account falls short is one need, covered by one order or one transfer.

A need is named by the number of the account's deposits that are over. So every run that checks the account while an
order waits for its payment means the same need. The next need begins once that order is cancelled, or delivered and its
credits are seen on the account, or were waited for an hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.api.orders import CLOSED_STATUSES, DELIVERED, LONGEST_OPEN
from ovh_sms.credits.arrival import is_wait_over
from ovh_sms.errors import ApiError, NotFound, OutcomeUnknown, ResolutionRequired
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.store.models import CREDITS_DAG, ORDER, SUCCEEDED, TRANSFER, UNKNOWN
from ovh_sms.store.orders import GONE, OrderRecord

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import WriteIdentity
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store

#: OVH lists an order sooner than this; one that it does not show any more then is gone.
LISTED_WITHIN = timedelta(days=1)
#: Status of an order that nobody has paid yet, and of one for which OVH wants to see documents.
NOT_PAID, DOCUMENTS_REQUESTED = "not paid", "documents requested"
#: Statuses of an order that a person is reminded of.
OPEN_TO_A_PERSON = frozenset({NOT_PAID, DOCUMENTS_REQUESTED})


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """The one order or transfer that covers a need, or may.

    :param kind: ``order`` or ``transfer``.
    :param state: of its attempt: ``pending``, ``succeeded`` or ``unknown``.
    :param status: of an order, as OVH names it; empty if it is not known.
    :param price_limit: highest price with tax at which an order was allowed.
    :param source: of a transfer, the SMS account that gives; empty for an order.
    """

    kind: str
    state: str
    tag: str
    order_id: int | None = None
    status: str = ""
    quantity: float | None = None
    price_with_tax: float | None = None
    currency: str | None = None
    price_limit: float | None = None
    source: str = ""

    @property
    def is_undecided_transfer(self) -> bool:
        """Whether it is a transfer that may have been made: only a reconciliation or a person decides that."""
        return self.kind == TRANSFER and self.state != SUCCEEDED

    @property
    def is_undecided(self) -> bool:
        """Whether it is an order whose answer was lost: nobody knows yet whether OVH has it."""
        return self.kind == ORDER and self.state != SUCCEEDED

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is an order that waits for its payment, or for documents."""
        return self.kind == ORDER and self.status in OPEN_TO_A_PERSON


@dataclass(frozen=True, kw_only=True)
class Need:
    """One time that an account falls short.

    :param key: the same for every run until its order or transfer is over.
    :param number: orders and transfers of the account that are over.
    :param deposit: its order or transfer; ``None`` if there is none yet.
    """

    key: str
    account: str
    number: int
    deposit: Deposit | None = None

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` made."""
        found = values["deposit"]
        return cls(**{**values, "deposit": Deposit(**found) if found else None})


def current_need(client: OvhSmsClient, store: Store, clock: Clock) -> Need:
    """Return the need of an account as it stands, and the order or transfer that covers it, if there is one.

    Source: GET ``/me/order/{orderId}/status`` for each order of the journal that is not closed yet.
    """
    account, number = client.account_name, 0
    known = {order.order_id: order for order in store.orders.of_account(account)}
    for attempt in store.deposits.succeeded(account):
        order = known.get((attempt.answer or {}).get("order_id", 0)) or record_order(attempt, store)
        number += attempt.kind == TRANSFER or _is_over(attempt, order, client, store, clock)
    key = need_key(account, number)
    made = store.deposits.of_need(key)
    return Need(key=key, account=account, number=number, deposit=_deposit(made, store) if made else None)


def need_key(account: str, number: int) -> str:
    """Name the need of an account after so many deposits."""
    return hashlib.sha256(f"{account}\x1f{number}".encode()).hexdigest()


def order_tag(need: str) -> str:
    """Name the order of a need."""
    return digest_tag(need, ORDER)


def transfer_tag(need: str, source: str) -> str:
    """Name the transfer of a need from an account."""
    return digest_tag(need, TRANSFER, source)


def undecided_transfer(tag: str, state: str, account: str) -> OutcomeUnknown:
    """Return the error of a need that a transfer may have covered: only once that is decided, credits are ordered.

    :param state: of the attempt at it.
    :param account: the target.
    """
    about = f"It is not known whether credits were transferred to {account} for this need (tag {tag})."
    if state == UNKNOWN:
        return ResolutionRequired(
            about,
            action="Nothing was ordered. Check it in OVH's manager, then resolve it: "
            f"'ovh-sms credits {account}' prints the commands. The next run goes on.",
        )
    return OutcomeUnknown(
        about,
        action="Nothing was ordered. Start sms_credits_balance, which reconciles it with OVH; then clear this task.",
    )


def identity(kind: str, *, tag: str, account: str, need: str = "") -> WriteIdentity:
    """Identify a write of credits: the same for every DAG and every run."""
    from ovh_sms.idempotency.journal import WriteIdentity

    return WriteIdentity(
        tag=tag, kind=kind, campaign=CREDITS_DAG, dag_id=CREDITS_DAG, run_id=tag, account=account, need=need
    )


def record_order(attempt: Attempt, store: Store) -> OrderRecord | None:
    """Record the order that an attempt made, unless it is recorded; ``None`` if OVH's id of it is not known."""
    answer = attempt.answer or {}
    if attempt.kind != ORDER or answer.get("order_id") is None:
        return None
    assert attempt.claimed_at is not None  # noqa: S101 - the store fills it in
    ordered, expires = answer.get("ordered_at"), answer.get("expires_at")
    order = OrderRecord(
        order_id=answer["order_id"],
        account=attempt.account,
        tag=attempt.tag,
        quantity=answer["quantity"],
        price_with_tax=answer["price_with_tax"],
        price_without_tax=answer["price_without_tax"],
        currency=answer["currency"],
        url=answer["url"],
        contracts=answer["contracts"],
        will_be_paid=answer["will_be_paid"],
        ordered_at=datetime.fromisoformat(ordered) if ordered else attempt.claimed_at,
        expires_at=datetime.fromisoformat(expires) if expires else None,
    )
    store.orders.record(order)
    return store.orders.of(order.order_id)


def refreshed_status(order: OrderRecord, client: OvhSmsClient, store: Store, clock: Clock) -> str:
    """Read the status of an order and record it; a closed order stays as it is.

    :returns: OVH's status; ``gone`` if OVH shows it no more, empty if it does not show it yet.
    """
    if order.status in CLOSED_STATUSES or order.status == GONE:
        return order.status
    try:
        status = client.orders.status(order.order_id)
    except NotFound:
        status = GONE if clock.now() - order.ordered_at > LISTED_WITHIN else ""
    if clock.now() - order.ordered_at > LONGEST_OPEN and status == NOT_PAID:
        status = GONE
    store.orders.set_status(order.order_id, status, clock.now())
    if status == NOT_PAID and order.expires_at is None:
        with suppress(ApiError):  # a reminder without the date is still one
            if expires := client.orders.form(order.order_id).expires:
                store.orders.set_expiry(order.order_id, expires)
    return status


def _is_over(attempt: Attempt, order: OrderRecord | None, client: OvhSmsClient, store: Store, clock: Clock) -> bool:
    """Whether an order is cancelled or gone, or its credits are on the account or not waited for any more."""
    if order is None:  # a person has resolved it as made: while it is open, OVH's list shows it
        assert attempt.claimed_at is not None  # noqa: S101 - the store fills it in
        return clock.now() - attempt.claimed_at > LISTED_WITHIN
    status = refreshed_status(order, client, store, clock)
    if status == DELIVERED:
        seen, before = store.orders.of(order.order_id) or order, (attempt.answer or {}).get("credits_left")
        return is_wait_over(seen, before, client=client, store=store)
    return status in CLOSED_STATUSES or status == GONE


def _deposit(attempt: Attempt, store: Store) -> Deposit:
    answer = attempt.answer or attempt.snapshot or {}
    order_id = answer.get("order_id")
    order = store.orders.of(order_id) if order_id is not None else None
    return Deposit(
        kind=attempt.kind,
        state=attempt.state,
        tag=attempt.tag,
        order_id=order_id,
        status=order.status if order else "",
        quantity=answer.get("quantity", answer.get("credits")),
        price_with_tax=answer.get("price_with_tax"),
        currency=answer.get("currency"),
        price_limit=answer.get("price_limit"),
        source=answer.get("source", ""),
    )
