"""Base of the triggers that await news of their account's watcher: always exactly one event, errors included."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.triggers.base import BaseTrigger, TriggerEvent

from ovh_sms.clock import SystemClock
from ovh_sms.sending.progress import ProgressNews
from ovh_sms.triggers.events import error_event, event

if TYPE_CHECKING:
    from ovh_sms.sending.account_watch import AccountWatch
    from ovh_sms.triggers.watcher import Subscription

#: The watcher reports the deadline itself, unless it waits for its turn or for OVH so long.
GRACE_SECONDS = 60.0


class WatchingTrigger(BaseTrigger):
    """Awaits the end of one wait, which is all in its parameters: it may run twice, or again elsewhere.

    It holds no client and no thread, so a thousand of them cost little.

    :param ovh_sms_conn_id: Airflow connection to OVH.
    :param account: SMS account; the connection's own if ``None``.
    :param user: login of the account's user who sends; empty if the account itself does.
    """

    parameters: ClassVar[tuple[str, ...]] = ()
    earliest_after = 0.0
    ends_at: str

    def __init__(self, *, ovh_sms_conn_id: str, account: str | None, user: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.user = user

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make this trigger again."""
        names = ("ovh_sms_conn_id", "account", *(["user"] if self.user else []), *self.parameters)
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait until the watcher reports the end; an error becomes an event, as it must reach the task."""
        started = time.monotonic()
        try:
            result = await self._wait()
        except Exception as error:
            result = error_event(error)
        await asyncio.sleep(max(0.0, self.earliest_after - (time.monotonic() - started)))
        yield result

    async def _wait(self) -> TriggerEvent:
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.triggers.watcher import Subscription, subscribed

        settings = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account, user=self.user).asettings()
        self.log.info("%s", self)
        progress = "nothing was read yet"
        left = (datetime.fromisoformat(self.ends_at) - SystemClock().now()).total_seconds()
        try:
            # Leaving the block unsubscribes, also if Airflow cancels the trigger.
            async with asyncio.timeout(max(0.0, left) + GRACE_SECONDS):
                with subscribed(settings, Subscription(self.enter, self.note)) as subscription:
                    while isinstance(news := await subscription.next(), ProgressNews):
                        self.log.info("%s", progress := str(news))
        except TimeoutError:
            return event("deadline", f"The deadline has come while a call waited for its turn or for OVH: {progress}")
        return event(news.status, news.message)

    def note(self, news: ProgressNews) -> None:
        """Keep the progress of this wait, if it belongs to the results."""

    @abstractmethod
    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Add this wait to the account's watch, under the subscription as key."""
