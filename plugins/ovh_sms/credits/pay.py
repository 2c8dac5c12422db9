"""Pay an order of credits with the default payment method, at most once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.needs import LISTED_WITHIN, identity, refreshed_status
from ovh_sms.credits.payment_post import PaymentEnded, PaymentPost, PriceLimit
from ovh_sms.credits.results import PAID, PayResult
from ovh_sms.errors import ConfigurationError, NotFound
from ovh_sms.idempotency.journal import ClaimRules, Journal
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.store.models import PAY

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store


#: So long after a read an order that OVH does not show is read again: at first, and at most.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


class OrderNotListed(Exception):
    """OVH does not show a new order yet. Nothing was paid.

    :param wait: time until it is worth another try.
    """

    def __init__(self, order_id: int, age: timedelta) -> None:
        self.wait = min(max(FIRST_PAUSE, age / 4), LONGEST_PAUSE)
        super().__init__(f"OVH does not show the order {order_id} yet. It is paid once it does, for a day at most.")


def pay_order(
    order_id: int, *, client: OvhSmsClient, store: Store, task: TaskTry, policy: ReconcilePolicy, clock: Clock
) -> PayResult:
    """Pay an order of the journal with the default payment method, or reconcile an earlier try.

    A payment that OVH refuses, or for which there is no method, is no failure: a person pays the order. So it is if the
    order costs more than was allowed, as OVH may ask for more than it has quoted.

    :raises ConfigurationError: the journal has no such order of this account.
    :raises MissingRight: the key lacks a right to pay, or to read the order.
    :raises OrderNotListed: OVH does not show the order yet; pay it later.
    :raises OutcomeUnknown: OVH may have taken the payment; the next try reconciles.
    :raises ResolutionRequired: only a person can decide whether OVH took it.

    Source: GET ``/me/payment/method``, ``/me/order/{orderId}`` and its ``/paymentMethods``; POST its ``/pay``.
    """
    order = store.orders.of(order_id)
    if order is None or order.account != client.account_name:
        raise ConfigurationError(
            f"The results have no order {order_id} of {client.account_name}.",
            action="Nothing was paid. Only orders that this package made are paid; pay others in OVH's manager.",
        )
    client.account.require("payment")
    tag = digest_tag(client.account_name, PAY, str(order_id))
    journal = Journal(store, identity(PAY, tag=tag, account=client.account_name), ClaimRules(), clock)
    write = PaymentPost(order_id=order_id, limit=_limit(order.tag, store), client=client, journal=journal, log=task.log)
    once = OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock)
    about: dict[str, Any] = {"order_id": order_id, "account": client.account_name}
    try:
        answer = once.run()
    except NotFound:
        age = clock.now() - order.ordered_at
        if age > LISTED_WITHIN:
            raise
        raise OrderNotListed(order_id, age) from None
    except PaymentEnded as ended:
        task.log.info("not paid order=%d: %s %s", order_id, ended.result, ended.reason)
        store.orders.set_paid(order_id, ended.result)
        store.orders.set_status(order_id, ended.status, clock.now())
        return PayResult(result=ended.result, status=ended.status, method=ended.method, reason=ended.reason, **about)
    store.orders.set_paid(order_id, PAID)
    status = refreshed_status(order, client, store, clock)
    return PayResult(result=PAID, status=status, method=answer["method"], **about)


def _limit(tag: str, store: Store) -> PriceLimit | None:
    """The highest price of an order, as its attempt was allowed."""
    made = store.attempts.live(tag)
    known = (made.snapshot or {}) if made else {}
    if known.get("price_limit") is None:
        return None
    return PriceLimit(price=known["price_limit"], currency=known["currency"])
