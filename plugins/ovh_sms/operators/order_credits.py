"""Order credits before they run out, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.order_write import OrderWrite
from ovh_sms.errors import BudgetExceeded, OpenOrderExists, PreflightError
from ovh_sms.hooks.resolutions import decision_on
from ovh_sms.idempotency.journal import IN_FLIGHT_WINDOW, Journal
from ovh_sms.idempotency.protocol import run_once
from ovh_sms.idempotency.remote import ReconcilePolicy
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.operators.base import OvhSmsOperator, task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context


class _EnoughCredits(PreflightError):
    """The account holds as many credits as it should; says so within the task, which then succeeds."""

    def __init__(self, left: float, threshold: float) -> None:
        self.left = left
        super().__init__(f"{left:.12g} credits left, threshold {threshold:.12g}: nothing to order.")


class OrderCreditsOperator(OvhSmsOperator):
    """Order credits when the account holds fewer than a threshold; a person pays the order through its link.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    :param quiet_period: after a lost answer, how long OVH must show the same before it is believed;
        longer than for a sending, as no credits are gone that would tell of an order OVH does not list yet.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results, where each order is claimed before it is made.
    :returns: ``{"ordered", "credits_left"}`` and, where ordered, ``order_id``, ``url``, ``account``, ``quantity``,
        prices.
    :raises OpenOrderExists: where an order is open that is or may be for the account; names it and its link.
    :raises BudgetExceeded: where the quote is over ``max_price``.
    :raises RequestChanged: where an earlier try has ordered, or may have, another quantity or for another account.
    :raises JournalUnavailable: where what must be remembered is not kept, or the results are not those all workers share.
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
        quiet_period: timedelta = timedelta(minutes=10),
        reconcile_timeout: timedelta = timedelta(minutes=30),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reconcile_policy = ReconcilePolicy.of(quiet_period, reconcile_timeout)
        self.results_conn_id = results_conn_id
        self.threshold = threshold
        self.quantity = quantity
        self.max_price = max_price

    def execute(self, context: Context) -> dict[str, Any]:
        """Order, or find out what an earlier try did."""
        self.check_quiet_period(self.reconcile_policy.quiet_period)
        once = TaskState(context["task_state_store"], "order")
        tag = task_tag(context)
        write = self._write(context, tag)
        at_ovh = write.claims.at_ovh()
        earlier = once.known or (at_ovh and (at_ovh.answer or at_ovh.facts))
        if earlier:
            write.check_same(earlier)
        try:
            ordered = run_once(
                write,
                once,
                reconcile_policy=self.reconcile_policy,
                check=self._check,
                decision=lambda: decision_on(tag),
                last_try=context["ti"].try_number > context["ti"].max_tries,
                log=self.log,
            )
        except _EnoughCredits as enough:
            self.log.info("%s%s", enough, " OVH has no order of the earlier try." if earlier else "")
            return {"ordered": False, "credits_left": enough.left}
        self.log.info("Order %s, to be paid at %s", ordered["order_id"], ordered["url"])
        return ordered

    def _write(self, context: Context, tag: str) -> OrderWrite:
        from ovh_sms.hooks.store import ResultsHook

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
            account=account,
            tag=tag,
            verify=self._verify,
            claims=Journal(
                ResultsHook(self.results_conn_id).store,
                facts,
                kind="order",
                # Another task must not order while this one still looks for its own.
                in_flight_window=self.reconcile_policy.reconcile_timeout + IN_FLIGHT_WINDOW,
                results_conn_id=self.results_conn_id,
            ),
        )

    def _check(self) -> None:
        """Everything that must be right before an order, whichever try makes it."""
        left = self.hook.client.account().credits_left
        if left >= float(self.threshold):
            raise _EnoughCredits(left, float(self.threshold))
        self._check_price()

    def _verify(self) -> None:
        # The credits come last: an order that was delivered between the two looks is open no more, but counts.
        self._refuse_second_order()
        self._check()

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
