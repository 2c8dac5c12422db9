"""Waiting for an OVH that is unavailable, without a worker and without spending a try: for operators and sensors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from ovh_sms.clock import SystemClock
from ovh_sms.errors import Unavailable

if TYPE_CHECKING:
    from airflow.sdk import Context

#: So much longer than a wait takes, the triggerer may be late to end it.
TRIGGERER_LATENESS = timedelta(minutes=15)
#: How long an outage is waited for, unless the task says otherwise.
OUTAGE_TIMEOUT = timedelta(hours=6)
#: While OVH is unavailable, so long until it is asked again: at first, and at most.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=5)


class WaitsForOvh:
    """Part of a task that calls OVH; an outage of some hours is waited for as long as ``outage_timeout``."""

    deferrable: bool
    outage_timeout: timedelta
    _unavailable_since: datetime | None = None

    if TYPE_CHECKING:
        log: Any
        defer: Any

        def execute(self, context: Context) -> Any:
            """Do the task's work."""

    def resume(self, context: Context, event: Any = None, unavailable_since: str | None = None) -> Any:
        """Go on after a wait. The trigger only waited: everything is read anew.

        :param unavailable_since: ISO 8601, if OVH was waited for.
        """
        self._note_outage(unavailable_since)
        return self.execute(context)

    def _note_outage(self, since: str | None) -> None:
        self._unavailable_since = datetime.fromisoformat(since) if since else None

    @contextmanager
    def waiting_for_ovh(self, **kwargs: Any) -> Iterator[None]:
        """Defer the task while OVH is unavailable or takes no more calls. An outage of some hours spends no try.

        :param kwargs: what ``resume`` gets besides.
        :raises Unavailable: the task has waited for `outage_timeout`, or it is not deferrable.
        """
        try:
            yield
        except Unavailable as error:
            now = SystemClock().now()
            since = self._unavailable_since or now
            pause, ends = min(max(FIRST_PAUSE, (now - since) / 2), LONGEST_PAUSE), since + self.outage_timeout
            if not self.deferrable or now + pause > ends:
                raise
            self.log.warning("%s It is waited for until %s at most, now for %s", error.what, ends, pause)
            self._unavailable_since = since
            self._wait_without_worker(pause, **kwargs)

    def _wait_without_worker(self, pause: timedelta, **kwargs: Any) -> NoReturn:
        """Leave the worker, and resume after a pause; an outage counts on until the task is done."""
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        if self._unavailable_since is not None:
            kwargs["unavailable_since"] = self._unavailable_since.isoformat()
        timeout = pause + TRIGGERER_LATENESS
        self.defer(trigger=TimeDeltaTrigger(pause), method_name="resume", kwargs=kwargs, timeout=timeout)
        raise AssertionError("defer() does not return")
