"""Order credits before they run out, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context


class OrderCreditsOperator(WritingOperator):
    """Order credits when the account holds fewer than a threshold; a person pays the order through its link.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; longer than
        for a batch, as no missing credits witness an order that OVH does not list yet.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``{"ordered", "credits_left"}`` and, if ordered, ``order_id``, ``url``, ``account``, ``quantity``,
        prices.
    :raises OpenOrderExists: an order is open that is for the account, or may be; names it and its link.
    :raises BudgetExceeded: the quote is over ``max_price``.
    :raises RequestChanged: an earlier try ordered, or may have, another quantity or for another account.
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
        from ovh_sms.credits.order import order_credits
        from ovh_sms.credits.order_post import CreditNeed

        policy, tag = self.policy(), task_tag(context)
        with self.once() as store:
            ordered = order_credits(
                CreditNeed(
                    threshold=float(self.threshold), quantity=int(self.quantity), max_price=float(self.max_price)
                ),
                tag=tag,
                dag_id=context["ti"].dag_id,
                task_id=context["ti"].task_id,
                client=self.hook.client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            )
        if ordered["ordered"]:
            self.log.info("ordered order=%s payment=%s", ordered["order_id"], ordered["url"])
        return ordered
