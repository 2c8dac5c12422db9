"""Pay an order of credits with the customer's default payment method, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.credits.results import PayResult
    from ovh_sms.store.store import Store


class PayOrderOperator(WritingOperator):
    """Pay an order with the default payment method. Skipped if this run has ordered nothing.

    OVH often refuses that: then the task succeeds, the notifiers report it, and the order waits for a person. So it is
    if the order costs more than its limit allowed: OVH may ask for more than it has quoted.

    :param order: output of :class:`~ovh_sms.operators.order_credits.OrderCreditsOperator`.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier; they report a refusal.
    :param notify_link: ``page``, or ``ovh`` for OVH's own link, which carries a password.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``result`` (``paid``, ``refused``, ``no method``, ``too dear``, ``documents requested``, ``already
        paid`` or ``closed``), ``order_id``, ``account``, ``status``, ``method`` and ``reason``, in OVH's words.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have taken the payment, and the next try must reconcile.

    Source: GET ``/me/payment/method``, ``/me/order/{orderId}``, its ``/paymentMethods`` and ``/status``; POST
    ``/me/order/{orderId}/pay``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "order")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        order: dict[str, Any],
        notify: Sequence[dict[str, Any]] = (),
        notify_link: str = "page",
        quiet_period: timedelta = timedelta(minutes=10),
        reconcile_timeout: timedelta = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.order = order
        self.notify = notify
        self.notify_link = notify_link

    def execute(self, context: Context) -> dict[str, Any]:
        """Pay, or reconcile an earlier try."""
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.credits.results import DOCUMENTS, TOO_DEAR
        from ovh_sms.notifications.credit_notices import CreditNotifier

        if not self.order["ordered"]:
            raise AirflowSkipException("This run has ordered nothing.")
        if self.order["order_id"] is None:
            raise AirflowSkipException(
                "A person resolved the order as made, and OVH shows no order that is certainly it. Nothing was paid. "
                "Pay it in OVH's manager."
            )
        number = int(self.order["order_id"])
        known = self.open_store().orders.of(number)
        self.hook.refuse_other(self.order["account"], known.account if known else "")
        paid, store = self._pay(number, context)
        self.log.info("payment order=%d result=%s status=%s method=%s", number, paid.result, paid.status, paid.method)
        notifier = CreditNotifier(
            entries=self.notify, link=self.notify_link, store=store, context=context, log=self.log
        )
        if paid.to_be_paid:
            self.log.warning("a person must pay the order %d: %s", number, paid.reason or paid.result)
            notifier.not_paid_by_ovh(number, paid.reason, is_too_dear=paid.result == TOO_DEAR)
        order = store.orders.of(number)
        if paid.result == DOCUMENTS and order is not None:
            self.log.warning("OVH asks for documents for the order %d", number)
            notifier.waiting(order, notifier.today)
        return paid.to_xcom()

    def _pay(self, order_id: int, context: Context) -> tuple[PayResult, Store]:
        """Pay, once OVH shows the order: it lists a new one a little late."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.credits.pay import OrderNotListed, pay_order

        policy, clock = self.policy(), SystemClock()
        while True:
            try:
                with self.once() as store:
                    paid = pay_order(
                        order_id,
                        client=self.hook.client,
                        store=store,
                        task=self.task_try(context),
                        policy=policy,
                        clock=clock,
                    )
                return paid, store
            except OrderNotListed as late:
                self.log.info("%s", late)
                if self.deferrable:
                    self._wait_without_worker(late.wait)
                clock.sleep(late.wait.total_seconds())
