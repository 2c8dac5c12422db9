"""Order credits before they run out, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class OrderCreditsOperator(WritingOperator):
    """Order credits when the account holds fewer than a threshold, once for each need; a person pays the order.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; longer than
        for a batch, as no missing credits witness an order that OVH does not list yet.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: :class:`~ovh_sms.credits.results.OrderResult`: ``ordered``, ``order_id``, ``status``, ``quantity``,
        prices. OVH's link of the order is not in it, as it carries a password.
    :raises OpenOrderExists: an order is open that the journal does not know and that is for the account, or may be.
    :raises BudgetExceeded: the quote is over ``max_price``.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have made the order, and the next try must reconcile.

    Source: GET ``/sms/{serviceName}``, GET and POST ``/order/sms/{serviceName}/credits``, GET ``/me/order`` and
    ``/me/order/{id}``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "threshold", "quantity", "max_price")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        threshold: float,
        quantity: int,
        max_price: float,
        quiet_period: timedelta = timedelta(minutes=10),
        reconcile_timeout: timedelta = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.threshold = threshold
        self.quantity = quantity
        self.max_price = max_price

    def execute(self, context: Context) -> dict[str, Any]:
        """Order, or reconcile an earlier try."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.credits.needs import current_need
        from ovh_sms.credits.order import OrderRequest, order_credits

        ti, client, clock, policy = context["ti"], self.hook.client, SystemClock(), self.policy()
        with self.once() as store:
            result = order_credits(
                OrderRequest(
                    quantity=int(self.quantity), max_price=float(self.max_price), enough=float(self.threshold)
                ),
                need=current_need(client, store, clock),
                run=f"{ti.dag_id} {ti.run_id}",
                client=client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=clock,
            )
        if result.ordered:
            self.log.info("ordered order=%s status=%s", result.order_id, result.status)
        return result.to_xcom()
