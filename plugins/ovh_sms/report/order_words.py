"""Orders of credits in words: their statuses, their payments, and what a person does about them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.api.orders import DELIVERED
from ovh_sms.report import words
from ovh_sms.report.account_credits import PARIS
from ovh_sms.report.language import translatable
from ovh_sms.report.short_moments import short_moment
from ovh_sms.store.models import NUMBER_CHECK, ORDER, PAY, SENDER, TRANSFER, USER
from ovh_sms.store.orders import GONE

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.orders import OrderRecord

#: Statuses of orders as OVH names them.
ORDER_STATUSES = {
    "": translatable("OVH does not list it yet"),
    "not paid": translatable("not paid"),
    "checking": translatable("OVH checks the payment"),
    "documents requested": translatable("OVH asks for documents"),
    "delivering": translatable("is being delivered"),
    "delivered": translatable("its credits have arrived"),
    "cancelling": translatable("is being cancelled"),
    "cancelled": translatable("cancelled at OVH"),
    "unknown": translatable("OVH names no status"),
    GONE: translatable("OVH shows it no more"),
}
#: Ends of the payment by this package.
PAYMENTS = {
    "": translatable("by a person"),
    "paid": translatable("default payment method"),
    "refused": translatable("OVH refused the default payment method; a person must pay it"),
    "no method": translatable("OVH has no default payment method; a person must pay it"),
    "too dear": translatable("it costs more than was allowed; a person must pay it"),
    "documents requested": translatable("OVH asks for documents"),
    "already paid": translatable("it was paid already"),
    "closed": translatable("it was closed already"),
}
_UNKNOWN = {
    ORDER: translatable("It is not known whether credits were ordered for {account}, since {at}."),
    PAY: translatable("It is not known whether an order for {account} was paid, since {at}."),
    TRANSFER: translatable("It is not known whether credits were transferred to {account}, since {at}."),
    NUMBER_CHECK: translatable("It is not known whether numbers were checked for {account}, since {at}."),
    SENDER: translatable("It is not known whether a sender was requested for {account}, since {at}."),
    USER: translatable("It is not known whether a user of {account} was changed, since {at}."),
}


def status_words(order: OrderRecord, say: Translator) -> str:
    """Say the status of an order; one that OVH may name later is shown as OVH names it."""
    if order.status == DELIVERED and order.arrived_at is None:
        if order.is_missing_credits:
            return say("delivered, its credits were not seen on the account")
        return say("delivered, its credits are not on the account yet")
    return say(ORDER_STATUSES.get(order.status, order.status))


def payment_words(order: OrderRecord, say: Translator) -> str:
    """Say how an order is paid."""
    if not order.paid and order.will_be_paid and order.status in {"", "not paid"}:
        return say("default payment method")
    return say(PAYMENTS.get(order.paid, order.paid))


def price_words(price: float | None, currency: str | None, say: Translator) -> str:
    """Write a price; one that nobody knows is absent."""
    return words.money(price, currency or "", say.language).strip()


def age_words(since: datetime, now: datetime, say: Translator) -> str:
    """Say how long ago a moment is: days alone once there is one."""
    seconds = max(0.0, (now - since).total_seconds())
    days = int(seconds // 86_400)
    if days:
        return say.several(days, "{n} day", "{n} days")
    return words.duration(seconds - seconds % 60 or 60, say.language)


def order_title(order: OrderRecord, now: datetime, say: Translator) -> str:
    """Say what an open order costs, and for how long it has waited."""
    about = {
        "id": order.order_id,
        "price": price_words(order.price_with_tax, order.currency, say),
        "age": age_words(order.ordered_at, now, say),
    }
    if order.status == "documents requested":
        return say("Order {id}: {price} with tax, OVH asks for documents, ordered {age} ago", **about)
    return say("Order {id}: {price} with tax, unpaid for {age}", **about)


def order_lines(order: OrderRecord, say: Translator) -> list[str]:
    """Say what an open order brings, why it waits, and until when it can be paid."""
    found = [say("{n} credits for {account}.", n=words.count(order.quantity, say.language), account=order.account)]
    if order.paid == "refused":
        found.append(say("OVH refused the default payment method."))
    elif order.paid == "no method":
        found.append(say("OVH has no default payment method for it."))
    elif order.paid == "too dear":
        found.append(say("It costs more than was allowed, so it was not paid automatically."))
    if order.expires_at is not None:
        until = short_moment(order.expires_at, PARIS, say.language)
        found.append(say("OVH closes it {at} if nobody pays it.", at=until))
    return found


def unknown_line(attempt: Attempt, say: Translator) -> str:
    """Say which write of credits nobody knows to be made."""
    at = short_moment(attempt.claimed_at, PARIS, say.language) if attempt.claimed_at else words.ABSENT
    return say(_UNKNOWN[attempt.kind], account=attempt.account, at=at)
