"""The payment of one order as a remote write: OVH takes it or refuses it, and the order's status shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ovh_sms.api.orders import CLOSED_STATUSES
from ovh_sms.credits.lost_orders import CENT
from ovh_sms.credits.needs import DOCUMENTS_REQUESTED, NOT_PAID
from ovh_sms.credits.results import ALREADY_PAID, CLOSED, DOCUMENTS, NO_METHOD, REFUSED, TOO_DEAR
from ovh_sms.errors import MissingRight, NotMade, RequestRefused
from ovh_sms.idempotency.reconcile import Observation

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import OrderForm
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt

#: Statuses of an order whose payment OVH has taken, or checks.
PAID_STATUSES = frozenset({"checking", "delivering", "delivered", "documents requested"})
#: Statuses of an order that nobody can pay any more.
_CANCELLED = CLOSED_STATUSES - {"delivered"}


class PaymentEnded(NotMade):
    """The order is not paid by this call, for a reason that is no failure.

    :param result: ``refused``, ``no method``, ``too dear``, ``documents requested``, ``already paid`` or ``closed``.
    :param status: the order's, as OVH names it.
    :param reason: OVH's words if it refused; the prices if it is too dear.
    """

    def __init__(self, result: str, *, status: str, method: str = "", reason: str = "") -> None:
        self.result = result
        self.status = status
        self.method = method
        self.reason = reason
        super().__init__(f"The order is not paid: {reason or result}.")


@dataclass(frozen=True, kw_only=True)
class PriceLimit:
    """The highest price with tax at which an order was allowed."""

    price: float
    currency: str

    def excess(self, form: OrderForm) -> str:
        """Say by how much an order is too dear: OVH may ask for more than it has quoted. Empty if it is not."""
        if form.price_with_tax is None:
            return "OVH does not name its price"
        if form.currency == self.currency and form.price_with_tax <= self.price + CENT:
            return ""
        asked = f"it costs {form.price_with_tax:.2f} {form.currency} with tax"
        return f"{asked}; {self.price:.2f} {self.currency} were allowed"


@dataclass
class PaymentPost:
    """The remote write of one payment; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param limit: highest price of the order; ``None`` if nobody knows it: then a person pays.
    """

    order_id: int
    limit: PriceLimit | None
    client: OvhSmsClient
    journal: Journal
    log: logging.Logger | Any
    done: str = field(default="paid", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    _method: int = field(default=0, init=False)
    _kind: str = field(default="", init=False)
    _status: str = field(default="", init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One payment."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: one order is paid once, with any method."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the order and the kind of the payment method."""
        return {"order_id": self.order_id, "method": self._kind, "ovh_time": self.client.time().isoformat()}

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse an order that is paid, closed or too dear, or for which OVH takes no default method.

        Source: GET ``/me/payment/method?default=true``, ``/me/order/{orderId}``, its ``/paymentMethods`` and
        ``/status``.
        """
        method = self.client.payments.default_method()
        form = self.client.orders.form(self.order_id)
        # The status comes last: somebody may pay the order at any moment.
        usable = self.client.payments.methods_of_order(self.order_id) if method else []
        status = self.client.orders.status(self.order_id)
        if status == DOCUMENTS_REQUESTED:
            raise PaymentEnded(DOCUMENTS, status=status)
        if status in PAID_STATUSES:
            raise PaymentEnded(ALREADY_PAID, status=status)
        if status in _CANCELLED:
            raise PaymentEnded(CLOSED, status=status)
        if excess := self.limit.excess(form) if self.limit else "the price that was allowed is not known":
            raise PaymentEnded(TOO_DEAR, status=status, reason=excess)
        if method is None or not method.is_valid or method.id not in usable:
            kind = method.kind if method else ""
            why = f"OVH takes no {kind} for this order" if kind else "there is no default payment method"
            raise PaymentEnded(NO_METHOD, status=status, method=kind, reason=why)
        self._method, self._kind, self._status = method.id, method.kind, status

    def post(self, deadline: float) -> dict[str, Any]:
        """Pay by one POST, while the order is not paid."""
        self.precheck()
        if self._status != NOT_PAID:
            raise PaymentEnded(REFUSED, status=self._status, reason=f"its status is {self._status}")
        try:
            self.client.payments.pay(self.order_id, self._method, not_after=deadline)
        except (RequestRefused, MissingRight) as error:
            refused = PaymentEnded(REFUSED, status=self._status, method=self._kind, reason=error.what)
            refused.was_executed = error.was_executed
            raise refused from error
        return {"order_id": self.order_id, "method": self._kind}

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read whether OVH shows the order as paid. Source: GET ``/me/order/{orderId}/status``."""
        at = self.client.time()
        self._status = self.client.orders.status(self.order_id)
        known = self._status in PAID_STATUSES or self._status == NOT_PAID or self._status in _CANCELLED
        # Once taken it was made, even if the bank returns the money later.
        taken = self._status in PAID_STATUSES or any(each.found for each in earlier)
        return Observation(at=at, found=int(taken), exhaustive=known)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the order's status."""
        return {"order_id": self.order_id, "method": (attempt.snapshot or {})["method"]}

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the order that a person should check."""
        return f"Check in OVH's manager whether the order {self.order_id} is paid (its status is {self._status})."
