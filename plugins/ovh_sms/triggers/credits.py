"""Waits in the triggerer for credits, and for the credits of an order. They only read OVH, so they may run twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.triggers.watching import WatchingTrigger

if TYPE_CHECKING:
    from ovh_sms.sending.account_watch import AccountWatch
    from ovh_sms.sending.progress import ProgressNews
    from ovh_sms.triggers.watcher import Subscription


class CreditsTrigger(WatchingTrigger):
    """Fire once the account holds enough credits, or at the deadline.

    Source: GET ``/sms/{serviceName}``.

    :param at_least: credits that are waited for.
    :param poll_interval: seconds between two reads, and before the first, as Airflow must have seen the deferral
        before the event.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    """

    parameters = ("at_least", "poll_interval", "ends_at")

    def __init__(
        self, *, ovh_sms_conn_id: str, account: str | None, at_least: float, poll_interval: float, ends_at: str
    ) -> None:
        super().__init__(ovh_sms_conn_id=ovh_sms_conn_id, account=account)
        self.at_least = at_least
        self.poll_interval = poll_interval
        self.ends_at = ends_at

    def __str__(self) -> str:
        """Say what is waited for, and until when."""
        return f"Waiting until {self.ends_at} at most for {self.at_least:.12g} credits."

    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Wait for the credits."""
        watch.credits.add(
            subscription,
            poll_interval=self.poll_interval,
            at_least=self.at_least,
            deadline=datetime.fromisoformat(self.ends_at),
        )


class OrderDeliveredTrigger(WatchingTrigger):
    """Fire once an order is delivered or cancelled, or at the deadline.

    Source: GET ``/me/order/{orderId}/status``.

    :param order_id: OVH's id of the order.
    :param poll_interval: least seconds between two reads, and before the first; they grow to half an hour.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    :param results_conn_id: Airflow connection of the results, which keep each new status.
    """

    parameters = ("order_id", "poll_interval", "ends_at", "results_conn_id")

    def __init__(
        self,
        *,
        ovh_sms_conn_id: str,
        account: str | None,
        order_id: int,
        poll_interval: float,
        ends_at: str,
        results_conn_id: str = "ovh_sms_results",
    ) -> None:
        super().__init__(ovh_sms_conn_id=ovh_sms_conn_id, account=account)
        self.order_id = order_id
        self.poll_interval = poll_interval
        self.ends_at = ends_at
        self.results_conn_id = results_conn_id

    def __str__(self) -> str:
        """Say what is waited for, and until when."""
        return f"Waiting until {self.ends_at} at most for the credits of the order {self.order_id}."

    def note(self, news: ProgressNews) -> None:
        """Keep the status in the results; called in the watcher's thread."""
        from ovh_sms.hooks.order_statuses import keep_status

        keep_status(self.results_conn_id, news)

    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Wait for the order."""
        from ovh_sms.sending.orders_watch import AwaitedOrder

        watch.orders.add(
            subscription,
            AwaitedOrder(
                order_id=self.order_id,
                poll_interval=timedelta(seconds=self.poll_interval),
                deadline=datetime.fromisoformat(self.ends_at),
            ),
        )
