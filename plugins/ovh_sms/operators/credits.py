"""Order credits before they run out, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ApiError, BudgetExceeded, OpenOrderExists, OutcomeUnknown
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.once import Once

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.models import Order

#: How far the clocks of this machine and of OVH may differ when a lost order is looked for.
CLOCKS_DIFFER = timedelta(minutes=15)


class OrderCreditsOperator(OvhSmsOperator):
    """Order credits when the account holds fewer than a threshold; a person pays the order through its link.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    :returns: ``{"ordered", "credits_left"}`` and, where ordered, ``order_id``, ``url``, ``quantity``, prices.
    :raises OpenOrderExists: where an order is open that is or may be for the account; names it and its link.
    :raises BudgetExceeded: where the quote is over ``max_price``.
    :raises OutcomeUnknown: where OVH may have made the order, and the next try must find out.

    Rests on GET /sms/{serviceName}, GET and POST /order/sms/{serviceName}/credits, GET /me/order and /me/order/{id}.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "threshold", "quantity", "max_price")
    ui_color = "#fdf0d5"

    def __init__(self, *, threshold: float, quantity: int, max_price: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.quantity = quantity
        self.max_price = max_price

    def execute(self, context: Context) -> dict[str, Any]:
        """Order, or find out what an earlier try did."""
        once = Once(context["task_state_store"], "order")
        if once.answer is not None:
            self.log.info("This task has ordered already: order %s", once.answer["order_id"])
            return once.answer
        if once.intent is not None:
            return once.settle(self._look_up(once.intent))
        left = self.hook.client.account().credits_left
        if left >= float(self.threshold):
            self.log.info("%g credits left, threshold %s: nothing to order", left, self.threshold)
            return {"ordered": False, "credits_left": left}
        self._refuse_second_order()
        self._check_price(self.hook.client.quote_credits(int(self.quantity)))
        return self._order(once, left)

    def _order(self, once: Once, left: float) -> dict[str, Any]:
        once.intend(quantity=int(self.quantity), credits_left=left)
        try:
            self._refuse_second_order()  # again, as another task may have ordered since the first look
        except (ApiError, OpenOrderExists) as error:
            once.withdraw(type(error).__name__)
            raise
        try:
            order = self.hook.client.order_credits(int(self.quantity))
        except OutcomeUnknown:
            raise
        except ApiError as error:  # every other answer says that nothing was executed
            once.withdraw(type(error).__name__)
            raise
        self.log.info("Order %s for %s credits, to be paid at %s", order.order_id, self.quantity, order.url)
        return once.settle(
            {
                "ordered": True,
                "credits_left": left,
                "quantity": int(self.quantity),
                "order_id": order.order_id,
                "url": order.url,
                "price_with_tax": order.price_with_tax,
                "price_without_tax": order.price_without_tax,
                "currency": order.currency,
            }
        )

    def _refuse_second_order(self) -> None:
        for order in self.hook.client.open_orders():
            whose = "for this account" if order.certain else "which does not tell what it is for"
            raise OpenOrderExists(
                f"The order {order.id}, {whose}, is still open (status {order.status}).",
                action=f"Pay or cancel it first: {order.url}. No second order was made.",
            )

    def _check_price(self, quote: Order) -> None:
        self.log.info("%s credits cost %s %s with tax", self.quantity, quote.price_with_tax, quote.currency)
        if quote.price_with_tax > float(self.max_price):
            raise BudgetExceeded(
                f"{self.quantity} credits cost {quote.price_with_tax:.2f} {quote.currency} with tax; "
                f"the maximum is {float(self.max_price):.2f}.",
                action="Order fewer credits or raise 'max_price'. Nothing was ordered.",
            )

    def _look_up(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Find at OVH the order that a try without an answer has made; never order.

        :raises AirflowFailException: where OVH does not show exactly one: a person must decide.
        """
        from airflow.sdk.exceptions import AirflowFailException

        since = datetime.fromisoformat(intent["at"]) - CLOCKS_DIFFER
        found = [
            order
            for order in self.hook.client.open_orders()
            if order.certain and order.created and order.created >= since
        ]
        if len(found) == 1:
            self.log.warning("An earlier try made order %s; its answer was lost", found[0].id)
            return {
                "ordered": True,
                "credits_left": intent["credits_left"],
                "quantity": intent["quantity"],
                "order_id": found[0].id,
                "url": found[0].url,
                "price_with_tax": None,
                "price_without_tax": None,
                "currency": None,
            }
        unknown = OutcomeUnknown(
            f"It is not known whether the order was made: "
            f"{len(found)} open orders name this account since {intent['at']}.",
            action="Nothing is ordered again. Look at the orders in OVH's manager, then start a new run.",
        )
        raise AirflowFailException(str(unknown)) from unknown
