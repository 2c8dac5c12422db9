"""Order credits before they run out, never twice for one need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, OrderNotApproved
from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.credits.needs import Need
    from ovh_sms.credits.order import OrderRequest
    from ovh_sms.credits.results import OrderResult
    from ovh_sms.store.store import Store


class OrderCreditsOperator(WritingOperator):
    """Order credits when the account holds too few: as a check has decided, or under a threshold.

    One order at most covers a need: while it is open, and until its credits are on the account, no run makes another
    one. A person pays it, or :class:`~ovh_sms.operators.pay_order.PayOrderOperator` does. OVH's link to it carries a
    password: it is in the results, and neither in the log nor in the task's result.

    :param check: output of :class:`~ovh_sms.operators.check_credits.CheckCreditsOperator`; or
    :param approval: output of :class:`~ovh_sms.operators.approve_order.ApproveOrderOperator`; required if the check
        says that a person approves the order.
    :param threshold: credits under which an order is made,
    :param quantity: credits to order,
    :param max_price: highest price with tax, in the account's currency.
    :param max_per_month: highest price with tax of all orders of a calendar month.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier; they report an order that was made.
    :param notify_link: ``page``, or ``ovh`` for OVH's own link, which carries a password.
    :param will_be_paid: the order is paid with the default payment method next; its notification and its page say so.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; longer than
        for a batch, as no missing credits witness an order that OVH does not list yet.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``ordered``, ``account``, ``order_id``, ``quantity``, ``status``, prices, ``credits_left``, ``need`` and
        ``covered_by``: whether another run's order or transfer covers the need. No link.
    :raises OrderNotApproved: a person must approve the order, and has not approved this very one.
    :raises OpenOrderExists: an order is open that is for the account, or may be, and that this package did not make.
    :raises BudgetExceeded: the quote is over ``max_price``, or the month's orders would be over ``max_per_month``.
    :raises AccountRecredited: OVH buys credits for the account by itself.
    :raises SubmissionInFlight: another run is ordering for this need right now.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have made the order, or a transfer for its need, and the next try must reconcile.

    Source: GET ``/sms/{serviceName}``, GET and POST ``/order/sms/{serviceName}/credits``, GET ``/me/order`` and
    ``/me/order/{id}``.
    """

    template_fields: Sequence[str] = (
        *OvhSmsOperator.template_fields,
        "check",
        "approval",
        "threshold",
        "quantity",
        "max_price",
        "max_per_month",
    )
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        check: dict[str, Any] | None = None,
        approval: dict[str, Any] | None = None,
        threshold: float | None = None,
        quantity: int | None = None,
        max_price: float | None = None,
        max_per_month: float | None = None,
        notify: Sequence[dict[str, Any]] = (),
        notify_link: str = "page",
        will_be_paid: bool = False,
        quiet_period: timedelta = timedelta(minutes=10),
        reconcile_timeout: timedelta = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.check = check
        self.approval = approval
        self.threshold = threshold
        self.quantity = quantity
        self.max_price = max_price
        self.max_per_month = max_per_month
        self.notify = notify
        self.notify_link = notify_link
        self.will_be_paid = will_be_paid

    def execute(self, context: Context) -> dict[str, Any]:
        """Order, or reconcile an earlier try; then notify."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.credits.order import order_credits

        self._refuse_without_approval()
        if self.check is not None:
            self.hook.refuse_other(self.check["level"]["account"])
        policy, ti = self.policy(), context["ti"]
        with self.once() as store:
            ordered = order_credits(
                self._request(),
                need=self._need(store),
                run=f"{ti.dag_id} {ti.run_id}",
                client=self.hook.client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            )
        self._log(ordered)
        if ordered.ordered and ordered.order_id is not None:
            self._report(ordered.order_id, store, context)
        return ordered.to_xcom()

    def _refuse_without_approval(self) -> None:
        """Refuse an order that a person must approve, unless a person has approved this very order."""
        if self.check is None or not self.check["needs_approval"]:
            return
        quote, given = self.check["quote"], self.approval or {}
        wanted = {"need": self.check["need"]["key"], **{name: quote[name] for name in ("quantity", "price_with_tax")}}
        if given.get("approved") is True and all(given.get(name) == value for name, value in wanted.items()):
            return
        why = "It is another order that was approved." if given.get("approved") else "Nobody has approved it."
        raise OrderNotApproved(
            f"The order of {quote['quantity']} credits for {quote['price_with_tax']:.2f} {quote['currency']} with tax "
            f"needs the approval of a person. {why}",
            action="Nothing was ordered. Start a new run and approve its order.",
        )

    def _request(self) -> OrderRequest:
        """The order: as the check has chosen it, or as the parameters say."""
        from ovh_sms.credits.order import OrderRequest

        cap = float(self.max_per_month) if self.max_per_month is not None else None
        if self.check is None:
            if self.threshold is None or self.quantity is None or self.max_price is None:
                raise ConfigurationError(
                    "An order needs either `check`, or `threshold`, `quantity` and `max_price`.",
                    action="Nothing was ordered. Give these parameters.",
                )
            return OrderRequest(
                quantity=int(self.quantity),
                max_price=float(self.max_price),
                enough=float(self.threshold),
                max_per_month=cap,
                will_be_paid=self.will_be_paid,
            )
        return OrderRequest(
            quantity=self.check["quote"]["quantity"],
            max_price=self.check["price_limit"],
            enough=self.check["level"]["enough"],
            max_per_month=self.check["max_per_month"] if cap is None else cap,
            will_be_paid=self.will_be_paid,
        )

    def _need(self, store: Store) -> Need:
        from ovh_sms.credits.needs import Need, current_need

        if self.check is not None:
            return Need.from_xcom(self.check["need"])
        return current_need(self.hook.client, store, store.clock)

    def _log(self, ordered: OrderResult) -> None:
        if ordered.ordered:
            self.log.info(
                "ordered order=%s credits=%s price=%s %s with tax status=%s",
                *(ordered.order_id, ordered.quantity, ordered.price_with_tax, ordered.currency, ordered.status),
            )
        elif ordered.covered_by:
            self.log.info("nothing ordered: covered by=%s order=%s", ordered.covered_by, ordered.order_id)
        else:
            self.log.info("nothing ordered: the account holds %s credits, which is enough", ordered.credits_left)

    def _report(self, order_id: int, store: Store, context: Context) -> None:
        from ovh_sms.notifications.credit_notices import CreditNotifier

        notifier = CreditNotifier(
            entries=self.notify, link=self.notify_link, store=store, context=context, log=self.log
        )
        notifier.ordered(order_id, pay=self.will_be_paid)
