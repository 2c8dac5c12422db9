"""Waits until an order of credits is paid and its credits are on the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.assets import CREDITS_ARRIVED
from ovh_sms.errors import OrderNotDelivered
from ovh_sms.sensors.waits import AccountSensor

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store
    from ovh_sms.triggers.credits import OrderDeliveredTrigger


class OrderDeliveredSensor(AccountSensor):
    """Wait, without a worker slot, until the credits of an order are on the account. Skipped if nothing was ordered, or
    if OVH's number of the order is not known.

    It updates the asset ``ovh_sms_credits_arrived``. OVH may call an order delivered before its credits are on the
    account: they are waited for, an hour at most. If nobody has seen them by then, it ends with ``arrived`` false and
    updates no asset; the notifiers report it.

    Source: GET ``/me/order/{orderId}/status``, ``/sms/{serviceName}``.

    :param order: output of :class:`~ovh_sms.operators.order_credits.OrderCreditsOperator`.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier.
    :param notify_link: ``page``, or ``ovh`` for OVH's own link, which carries a password.
    :param results_conn_id: Airflow connection of the results, which keep the order.
    :returns: ``{"account", "order_id", "quantity", "status", "credits_left", "arrived"}``.
    :raises OrderNotDelivered: the order was cancelled, or is not delivered within ``timeout``.
    """

    template_fields: Sequence[str] = (*AccountSensor.template_fields, "order")

    def __init__(
        self,
        *,
        order: dict[str, Any],
        notify: Sequence[dict[str, Any]] = (),
        notify_link: str = "page",
        results_conn_id: str = "ovh_sms_results",
        timeout: float | timedelta = timedelta(days=30),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outlets", [CREDITS_ARRIVED])
        super().__init__(timeout=timeout, **kwargs)
        self.order = order
        self.notify = notify
        self.notify_link = notify_link
        self.results_conn_id = results_conn_id

    @property
    def awaited_account(self) -> str | None:
        """The account of the order."""
        return self.account or self.order["account"]

    def execute(self, context: Context) -> Any:
        """Read once, then wait; skip if there is no order of this run."""
        from airflow.sdk.exceptions import AirflowSkipException

        if not self.order["ordered"]:
            raise AirflowSkipException("This run has ordered nothing.")
        if self.order["order_id"] is None:
            raise AirflowSkipException(
                "A person resolved the order as made, and OVH shows no order that is certainly it. It is not awaited."
            )
        return super().execute(context)

    def finish(self, context: Context, status: str, message: str) -> dict[str, Any]:
        """Return the credits that the account holds now; fail if the order brings none."""
        from ovh_sms.api.orders import CLOSED_STATUSES, DELIVERED
        from ovh_sms.credits.readings import note_credits
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.orders_watch import order_status, shown_status

        number = int(self.order["order_id"])
        found = order_status(self.hook.client, number)
        self.log.info("waited order=%d status=%s: %s", number, found, message)
        store = ResultsHook(self.results_conn_id).store
        store.orders.set_status(number, shown_status(found), store.clock.now())
        if found != DELIVERED:
            is_closed = found in CLOSED_STATUSES
            raise OrderNotDelivered(
                f"The order {number} for {self.hook.account} {'was cancelled' if is_closed else 'is not delivered'} "
                f"(status {found}): no credits of it are on the account.",
                action="The next run orders again if credits are missing."
                if is_closed
                else "No other is made meanwhile. Pay it, then clear this task; or cancel it in OVH's manager.",
            )
        self._await_credits(store, status, message)
        order, left = store.orders.of(number), self.hook.client.account.get().credits_left
        note_credits(store, self.hook.account, left)
        made = {
            "account": self.hook.account,
            "order_id": number,
            "quantity": self.order["quantity"],
            "status": found,
            "credits_left": left,
            "arrived": order is None or order.arrived_at is not None,
        }
        if made["arrived"]:
            context["outlet_events"][CREDITS_ARRIVED].extra = made
        else:
            self._report_missing(store, context)
        return made

    def _report_missing(self, store: Store, context: Context) -> None:
        """Report credits that nobody has seen, and update no asset."""
        from ovh_sms.notifications.credit_notices import CreditNotifier

        self.outlets = [each for each in self.outlets if each != CREDITS_ARRIVED]
        CreditNotifier(
            entries=self.notify, link=self.notify_link, store=store, context=context, log=self.log
        ).missing_credits(self.hook.account)

    def _await_credits(self, store: Store, status: str, message: str) -> None:
        """Wait until the credits of the delivered order are seen, or have had their hour."""
        from ovh_sms.credits.arrival import is_wait_over

        order, before = store.orders.of(int(self.order["order_id"])), self.order.get("credits_left")
        pause = timedelta(seconds=self.poke_interval)
        while order and not is_wait_over(order, before, client=self.hook.client, store=store):
            self.log.info("order=%d is delivered, its credits are not on the account yet", order.order_id)
            if self.deferrable:
                self._wait_without_worker(pause, ended={"status": status, "message": message})
            store.clock.sleep(pause.total_seconds())

    def _read(self) -> tuple[str, str] | None:
        from ovh_sms.api.orders import CLOSED_STATUSES, DELIVERED
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.orders_watch import order_status

        number = int(self.order["order_id"])
        known = ResultsHook(self.results_conn_id).store.orders.of(number)
        self.hook.refuse_other(self.order["account"], known.account if known else "")
        found = order_status(self.hook.client, number)
        self.log.info("order=%s status=%s", self.order["order_id"], found)
        if found not in CLOSED_STATUSES:
            return None
        return "delivered" if found == DELIVERED else "cancelled", f"Status {found}."

    def _trigger(self, ends_at: datetime) -> OrderDeliveredTrigger:
        from ovh_sms.triggers.credits import OrderDeliveredTrigger

        return OrderDeliveredTrigger(
            ovh_sms_conn_id=self.ovh_sms_conn_id,
            account=self.awaited_account,
            order_id=int(self.order["order_id"]),
            poll_interval=self.poke_interval,
            ends_at=ends_at.isoformat(),
            results_conn_id=self.results_conn_id,
        )
