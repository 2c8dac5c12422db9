"""Watches the credits of an account without end, and starts the top-up each time that they fall below their level."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

if TYPE_CHECKING:
    from ovh_sms.sending.account_watch import AccountWatch
    from ovh_sms.sending.progress import ProgressNews
    from ovh_sms.triggers.watcher import Subscription

#: Seconds until a watch that failed is tried again.
RETRY_SECONDS = 300.0


class CreditsLowTrigger(BaseEventTrigger):
    """Fire at each crossing: the account's credits fell below their level. Once for each, though it may run twice.

    The results hold whether the next crossing is due: a restarted triggerer, or a second one, fires no crossing again.
    The event's payload is ``{"name", "account", "credits", "enough"}``.

    Source: GET ``/sms/{serviceName}``.

    :param name: of the account file.
    :param ovh_sms_conn_id: Airflow connection to OVH.
    :param account: SMS account; the connection's own if ``None``.
    :param threshold: credits of the level; ``None``: those of the account's newest check. Credits that runs have
        reserved or wait for come on top.
    :param poll_interval: seconds between two reads.
    :param results_conn_id: Airflow connection of the results.
    """

    def __init__(
        self,
        *,
        name: str,
        ovh_sms_conn_id: str,
        account: str | None = None,
        threshold: float | None = None,
        poll_interval: float = 300.0,
        results_conn_id: str = "ovh_sms_results",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name = name
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.threshold = threshold
        self.poll_interval = poll_interval
        self.results_conn_id = results_conn_id
        self._account_name = ""
        self._crossed: deque[dict[str, Any]] = deque()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make this trigger again."""
        names = ("name", "ovh_sms_conn_id", "account", "threshold", "poll_interval", "results_conn_id")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event for each crossing. An error ends no watch: it is tried again later."""
        while True:
            try:
                async for payload in self._crossings():
                    yield TriggerEvent(payload)
            except Exception as error:
                self.log.warning("credits of %s are not watched for %s s: %s", self.name, RETRY_SECONDS, error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _crossings(self) -> AsyncIterator[dict[str, Any]]:
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.triggers.watcher import Subscription, subscribed

        settings = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).asettings()
        self._account_name = settings.account
        self.log.info("watching the credits of %s (%s)", self.name, settings.account)
        with subscribed(settings, Subscription(self.enter, self.note)) as subscription:
            while True:
                await subscription.next()
                while self._crossed:
                    yield self._crossed.popleft()

    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Watch the account's credits."""
        watch.credits.add(subscription, poll_interval=self.poll_interval)

    def note(self, news: ProgressNews) -> None:
        """Note a reading in the results; called in the watcher's thread, so that the event loop never waits for it."""
        from ovh_sms.hooks.crossings import note_crossing
        from ovh_sms.sending.credits_watch import CreditsNews

        if not isinstance(news, CreditsNews):
            return
        try:
            enough = note_crossing(
                self.name,
                self._account_name,
                news.credits,
                threshold=self.threshold,
                results_conn_id=self.results_conn_id,
            )
        except Exception as error:  # the next reading is noted; the other waits of the account go on
            self.log.warning("a reading of credits was not noted: %s", type(error).__name__)
            return
        if enough is not None:
            found = {"name": self.name, "account": self._account_name, "credits": news.credits, "enough": enough}
            self._crossed.append(found)
