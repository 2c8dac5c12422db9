"""Waits in the triggerer until a receivers slot of the account is free. Only reads, so it may run twice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.triggers.watching import WatchingTrigger

if TYPE_CHECKING:
    from ovh_sms.sending.account_watch import AccountWatch
    from ovh_sms.triggers.watcher import Subscription


class ReceiversSlotTrigger(WatchingTrigger):
    """Fire once a receivers slot of the account is free, or at the deadline; of several, as many as slots are free.

    Source: GET ``/sms/{serviceName}/receivers``.

    :param poll_interval: seconds between two reads, and before the first, as Airflow must have seen the deferral
        before the event.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    """

    parameters = ("poll_interval", "ends_at")

    def __init__(
        self, *, ovh_sms_conn_id: str, account: str | None, poll_interval: float, ends_at: str, user: str = ""
    ) -> None:
        super().__init__(ovh_sms_conn_id=ovh_sms_conn_id, account=account, user=user)
        self.poll_interval = poll_interval
        self.ends_at = ends_at

    def __str__(self) -> str:
        """Say what is waited for, and until when."""
        return f"Waiting until {self.ends_at} at most for a free receivers slot: all are in use."

    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Wait for a slot."""
        deadline = datetime.fromisoformat(self.ends_at)
        watch.slots.add(subscription, poll_interval=self.poll_interval, deadline=deadline)
