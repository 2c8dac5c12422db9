"""One thread of the triggerer for each account on which anything waits; triggers subscribe, and only await.

The thread makes all calls to OVH, so that no trigger blocks the event loop, or fills the loop's executor, which the
triggers of all DAGs share. It ends with its last subscriber. An error that ends it reaches all its subscribers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ovh_sms.clock import SystemClock
from ovh_sms.sending.progress import ProgressNews, WaitEnd

if TYPE_CHECKING:
    from ovh_sms.hooks.connection import ConnectionSettings
    from ovh_sms.sending.account_watch import AccountWatch

log = logging.getLogger(__name__)

#: A watcher may use this share of the key's calls per minute at most.
SHARE_OF_KEY = 3


class Subscription:
    """The wait of one trigger, and the news of it.

    :param enter: adds the wait to the account's watch, under this subscription as key.
    :param note: keeps its progress; called in the watcher's thread, so that the event loop never waits for it.
    """

    def __init__(
        self, enter: Callable[[AccountWatch, Subscription], None], note: Callable[[ProgressNews], None]
    ) -> None:
        self.enter = enter
        self.note = note
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[WaitEnd | ProgressNews | BaseException] = asyncio.Queue()

    async def next(self) -> WaitEnd | ProgressNews:
        """Wait for progress in words, or for the end; an error is raised."""
        news = await self._news.get()
        if isinstance(news, Exception):
            raise news
        if isinstance(news, BaseException):
            raise RuntimeError(f"The watcher of the account ended: {news!r}") from news
        return news

    def publish(self, news: WaitEnd | ProgressNews | BaseException) -> None:
        """Hand news to the trigger, from any thread."""
        with suppress(RuntimeError):  # its event loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._news.put_nowait, news)


class _Watcher(threading.Thread):
    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__(name=f"ovh_sms watcher {settings.account}", daemon=True)
        self.settings = settings
        self.inbox: queue.SimpleQueue[tuple[Subscription, bool]] = queue.SimpleQueue()
        self._subscribed: set[Subscription] = set()

    def run(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # else its triggers would wait for nothing
            log.exception(
                "the watcher of the account ended account=%s waits=%d", self.settings.account, len(self._subscribed)
            )
            _retire(self)
            self._take_inbox(None, 0)
            for each in self._subscribed:
                each.publish(error)

    def _watch(self) -> None:
        from ovh_sms.api.retry import RetryPolicy
        from ovh_sms.hooks.called_about import ReceiptCalls
        from ovh_sms.hooks.collect_now import tags_to_collect_now
        from ovh_sms.hooks.sms import CallClass, client_of
        from ovh_sms.sending.account_watch import CALLS_PER_MINUTE, AccountWatch

        calls = max(1, min(CALLS_PER_MINUTE, self.settings.calls_per_minute // SHARE_OF_KEY))
        retry = RetryPolicy(total_seconds=0)  # the watch itself goes on while OVH is away
        with client_of(self.settings, call_class=CallClass.POLL, retry=retry) as client:
            watch = AccountWatch(
                client,
                clock=SystemClock(),
                calls_per_minute=calls,
                collect_now=tags_to_collect_now,
                called_about=ReceiptCalls(self.settings.account),
            )
            self._take_inbox(watch, 0)
            while self._subscribed or not _retire(self, only_if_idle=True):
                for key, news in watch.step():
                    if isinstance(key, Subscription):
                        if isinstance(news, ProgressNews):
                            key.note(news)
                        key.publish(news)
                self._take_inbox(watch, watch.pause())

    def _take_inbox(self, watch: AccountWatch | None, seconds: float) -> None:
        """Wait for subscriptions and their ends, for so many seconds at most, and take all that came."""
        try:
            subscription, waits = self.inbox.get(timeout=seconds) if seconds else self.inbox.get_nowait()
            while True:
                if not waits:
                    self._subscribed.discard(subscription)
                    if watch is not None:
                        watch.remove(subscription)
                else:
                    self._subscribed.add(subscription)
                    if watch is not None:
                        subscription.enter(watch, subscription)
                subscription, waits = self.inbox.get_nowait()
        except queue.Empty:
            pass


class _Watchers:
    """The watchers of this process by connection and account. A connection that was changed gets another watcher."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all: a forked process has none of the threads, and a lock that was held would stay so."""
        self.lock = threading.Lock()
        self.running: dict[ConnectionSettings, _Watcher] = {}


_watchers = _Watchers()
os.register_at_fork(after_in_child=_watchers.start_anew)


def _retire(watcher: _Watcher, *, only_if_idle: bool = False) -> bool:
    with _watchers.lock:
        if only_if_idle and not watcher.inbox.empty():
            return False
        if _watchers.running.get(watcher.settings) is watcher:
            del _watchers.running[watcher.settings]
        return True


@contextmanager
def subscribed(settings: ConnectionSettings, subscription: Subscription) -> Iterator[Subscription]:
    """Subscribe to the watcher of an account, which is started if none runs; ends with the block."""
    with _watchers.lock:
        watcher = _watchers.running.get(settings)
        is_new = watcher is None
        if watcher is None:
            watcher = _watchers.running[settings] = _Watcher(settings)
        watcher.inbox.put((subscription, True))
        if is_new:
            try:
                watcher.start()
            except BaseException:  # no thread can be started: the next trigger tries again
                del _watchers.running[settings]
                raise
    try:
        yield subscription
    finally:
        watcher.inbox.put((subscription, False))
