"""The base of sensors that wait on the watcher of their account: the connection, the times, the pool."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseSensorOperator

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.clock import SystemClock
from ovh_sms.outage_wait import OUTAGE_TIMEOUT, TRIGGERER_LATENESS
from ovh_sms.retry_policy import RetriedInPool
from ovh_sms.sensors.ended_waits import FinishesWait
from ovh_sms.sensors.soft_fail import skips_if

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.triggers.watching import WatchingTrigger


class AccountSensor(FinishesWait, RetriedInPool, BaseSensorOperator):
    """A wait on one account, in the triggerer or on a worker; not for use on its own.

    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; by default the connection's own.
    :param timeout: time after which the wait ends, in seconds or as ``timedelta``.
    :param poke_interval: least time between two reads, in seconds or as ``timedelta``.
    :param deferrable: wait in the triggerer; ``False`` holds a worker slot.
    :param outage_timeout: how long an OVH that is unavailable is waited for, without spending a try; if the task is
        deferrable.
    """

    template_fields: Sequence[str] = ("ovh_sms_conn_id", "account")
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        ovh_sms_conn_id: str = "ovh_sms_default",
        account: str | None = None,
        timeout: float | timedelta = timedelta(days=1),
        poke_interval: float | timedelta = timedelta(minutes=5),
        deferrable: bool = True,
        outage_timeout: timedelta = OUTAGE_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        super().__init__(timeout=timeout, poke_interval=poke_interval, **kwargs)
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.deferrable = deferrable
        self.outage_timeout = outage_timeout

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook(self.ovh_sms_conn_id, account=self.awaited_account, call_class=CallClass.POLL)

    @property
    def awaited_account(self) -> str | None:
        """The account of the wait; ``None`` for the connection's own."""
        return self.account

    def execute(self, context: Context) -> Any:
        """Read once, then wait."""
        with skips_if(self.soft_fail or self.never_fail), self.waiting_for_ovh():
            ended = self._read()
            if ended is None and not self.deferrable:
                ended = self._wait_on_worker()
            if ended is not None:
                return self.finish(context, *ended)
            ends = SystemClock().now() + timedelta(seconds=self.timeout)
            self._defer_until(ends)
        raise AssertionError("defer() does not return")

    def poke(self, context: Context) -> bool:
        """Read once whether the wait is over."""
        return self._read() is not None

    @abstractmethod
    def _read(self) -> tuple[str, str] | None:
        """Read once: the status and the message of the wait's end, or none."""

    @abstractmethod
    def _trigger(self, ends_at: datetime) -> WatchingTrigger:
        """The trigger that waits."""

    def _wait_on_worker(self) -> tuple[str, str]:
        clock = SystemClock()
        deadline = clock.monotonic() + self.timeout
        while clock.monotonic() < deadline:
            clock.sleep(min(self.poke_interval, max(0.0, deadline - clock.monotonic())))
            if ended := self._read():
                return ended
        return "deadline", "The deadline has come."

    def _defer_until(self, ends: datetime) -> NoReturn:
        self.defer(
            trigger=self._trigger(ends),
            method_name="execute_complete",
            # The trigger ends by its own wall clock; this only catches a trigger that never does.
            timeout=timedelta(seconds=self.timeout) + TRIGGERER_LATENESS,
        )
        raise AssertionError("defer() does not return")
