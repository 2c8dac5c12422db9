"""Payments of orders by OVH's API, with a payment method that the customer has registered."""

from __future__ import annotations

from ovh_sms.api.answer import ids, nothing
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import OrderPaymentMethods, PaymentMethod

_METHODS = "/me/payment/method"
_ORDER = "/me/order/{order}"


class PaymentsClient(SubClient):
    """Reads registered payment methods, and pays orders with one of them."""

    def default_method(self) -> PaymentMethod | None:
        """Read the customer's default payment method; ``None`` if there is none.
        Source: GET ``/me/payment/method?default=true`` and ``/me/payment/method/{paymentMethodId}``.
        """
        found = self._calls.make("GET", _METHODS, ids, query={"default": True})
        if not found:
            return None
        return self._calls.make("GET", f"{_METHODS}/{{payment}}", PaymentMethod.read, payment=found[0])

    def methods_of_order(self, order_id: int) -> list[int]:
        """List the ids of the registered payment methods with which an order can be paid.
        Source: GET ``/me/order/{orderId}/paymentMethods``.

        :raises ovh_sms.errors.NotFound: OVH shows no such order.
        """
        found = self._calls.make("GET", f"{_ORDER}/paymentMethods", OrderPaymentMethods.read, order=order_id)
        return found.registered

    def pay(self, order_id: int, method_id: int, *, not_after: float | None = None) -> None:
        """Pay an order: one HTTP request, never repeated. OVH then checks the payment and delivers the credits.
        Source: POST ``/me/order/{orderId}/pay``.

        :param method_id: id of a registered payment method.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was paid.
        :raises ovh_sms.errors.RequestRefused: OVH takes no payment of this order with this method; nothing was paid.
        :raises ovh_sms.errors.OutcomeUnknown: the order may have been paid.
        """
        body = {"paymentMethod": {"id": method_id}}
        self._calls.make("POST", f"{_ORDER}/pay", nothing, body=body, not_after=not_after, order=order_id)
