"""Order credits before they run out, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import BudgetExceeded, OpenOrderExists
from ovh_sms.operators.base import OvhSmsOperator, tag_of
from ovh_sms.operators.careful import Patience, carry_out
from ovh_sms.operators.claims import Claims
from ovh_sms.operators.decisions import decision_on
from ovh_sms.operators.once import Once
from ovh_sms.operators.order_write import OrderWrite

if TYPE_CHECKING:
    from airflow.sdk import Context


class OrderCreditsOperator(OvhSmsOperator):
    """Order credits when the account holds fewer than a threshold; a person pays the order through its link.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    :param settling: after a lost answer, how long OVH must show the same before it is believed.
    :param give_up: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results, where each order is claimed before it is made.
    :returns: ``{"ordered", "credits_left"}`` and, where ordered, ``order_id``, ``url``, ``quantity``, prices.
    :raises OpenOrderExists: where an order is open that is or may be for the account; names it and its link.
    :raises BudgetExceeded: where the quote is over ``max_price``.
    :raises StateNotKept: where what must be remembered is not kept, or the results are not those all workers share.
    :raises OutcomeUnknown: where OVH may have made the order, and the next try must find out.

    Rests on GET /sms/{serviceName}, GET and POST /order/sms/{serviceName}/credits, GET /me/order and /me/order/{id}.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "threshold", "quantity", "max_price")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        threshold: float,
        quantity: int,
        max_price: float,
        settling: timedelta = timedelta(minutes=2),
        give_up: timedelta = timedelta(minutes=20),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.patience = Patience.of(settling, give_up)
        self.results_conn_id = results_conn_id
        self.threshold = threshold
        self.quantity = quantity
        self.max_price = max_price

    def execute(self, context: Context) -> dict[str, Any]:
        """Order, or find out what an earlier try did."""
        once = Once(context["task_state_store"], "order")
        left = self.hook.client.account().credits_left
        if not once.known and left >= float(self.threshold):
            self.log.info("%g credits left, threshold %s: nothing to order", left, self.threshold)
            return {"ordered": False, "credits_left": left}
        tag = tag_of(context)
        ordered = carry_out(
            self._write(context, tag, left),
            once,
            patience=self.patience,
            check=self._check_price,
            decision=lambda: decision_on(tag),
            last_try=context["ti"].try_number > context["ti"].max_tries,
            log=self.log,
        )
        self.log.info("Order %s, to be paid at %s", ordered["order_id"], ordered["url"])
        return ordered

    def _write(self, context: Context, tag: str, left: float) -> OrderWrite:
        from ovh_sms.hooks.results import ResultsHook

        ti, account = context["ti"], self.hook.account
        facts = {
            "tag": tag,
            "campaign": "credits",
            "dag_id": ti.dag_id,
            "run_id": tag,  # two tasks of one run must not order for one account either
            "account": account,
            "list_digest": "",
            "message_digest": "",
        }
        return OrderWrite(
            self.hook.client,
            quantity=int(self.quantity),
            credits_left=left,
            tag=tag,
            verify=self._refuse_second_order,
            claims=Claims(
                ResultsHook(self.results_conn_id).store,
                facts,
                kind="order",
                results_conn_id=self.results_conn_id,
            ),
        )

    def _refuse_second_order(self) -> None:
        for order in self.hook.client.open_orders():
            whose = "for this account" if order.certain else "which does not tell what it is for"
            raise OpenOrderExists(
                f"The order {order.id}, {whose}, is still open (status {order.status}).",
                action=f"Pay or cancel it first: {order.url}. No second order was made.",
            )

    def _check_price(self) -> None:
        quote = self.hook.client.quote_credits(int(self.quantity))
        self.log.info("%s credits cost %s %s with tax", self.quantity, quote.price_with_tax, quote.currency)
        if quote.price_with_tax > float(self.max_price):
            raise BudgetExceeded(
                f"{self.quantity} credits cost {quote.price_with_tax:.2f} {quote.currency} with tax; "
                f"the maximum is {float(self.max_price):.2f}.",
                action="Order fewer credits or raise 'max_price'. Nothing was ordered.",
            )
