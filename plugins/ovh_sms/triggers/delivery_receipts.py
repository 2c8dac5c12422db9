"""Waits in the triggerer until every message of a submission is final. Only reads, so it may run twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from ovh_sms.clock import SystemClock
from ovh_sms.errors import Unavailable
from ovh_sms.triggers.events import error_event, event

_PARAMETERS = (
    "ovh_sms_conn_id",
    "account",
    "tag",
    "expected",
    "accounted",
    "poll_interval",
    "ends_at",
    "opt_out_window",
    "withdrawn_after",
    "earliest_after",
)


class DeliveryReceiptsTrigger(BaseTrigger):
    """Fire once every message is final and the opt-out window is over, or at the deadline.

    It fires at once if OVH lists more messages than are accounted for.

    A withdrawn message never becomes final: the wait is also over if the others are final and no message is pending
    on the account for ``withdrawn_after``.

    Source: GET ``/sms/{serviceName}/outgoing`` with the filters tag and deliveryReceipt, and ``/jobs``.

    :param accounted: most messages that OVH may list for the submission; ``None`` if nobody knows.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    :param opt_out_window: seconds to wait for late STOPs once every message is final.
    :param withdrawn_after: seconds without a pending message on the account after which missing messages are not
        waited for any more.
    :param earliest_after: least seconds before the event: Airflow 3.3 counts a task as lost, and runs it again, if it
        resumes before the scheduler has seen its deferral.
    """

    def __init__(
        self,
        *,
        ovh_sms_conn_id: str,
        account: str,
        tag: str,
        expected: int,
        poll_interval: float,
        ends_at: str,
        opt_out_window: float,
        accounted: int | None = None,
        withdrawn_after: float = 1800.0,
        earliest_after: float = 5.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.tag = tag
        self.expected = expected
        self.accounted = accounted
        self.poll_interval = poll_interval
        self.ends_at = ends_at
        self.opt_out_window = opt_out_window
        self.withdrawn_after = withdrawn_after
        self.earliest_after = earliest_after

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make this trigger again."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in _PARAMETERS}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Read until the wait is over; always exactly one event, errors included."""
        clock = SystemClock()
        started = clock.monotonic()
        try:
            result = await self._wait()
        except Exception as error:  # every error must reach the task
            result = error_event(error)
        await asyncio.sleep(max(0.0, self.earliest_after - (clock.monotonic() - started)))
        yield result

    async def _wait(self) -> TriggerEvent:
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.sending.progress import Awaited, ReceiptsWait, WaitLimits

        client = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).aclient()
        clock, awaited = SystemClock(), Awaited(self.tag, self.expected, self.accounted)
        wait = ReceiptsWait(
            WaitLimits(
                deadline=datetime.fromisoformat(self.ends_at),
                poll_interval=timedelta(seconds=self.poll_interval),
                opt_out_window=timedelta(seconds=self.opt_out_window),
                withdrawn_after=timedelta(seconds=self.withdrawn_after),
            )
        )
        while (end := wait.end(now := clock.now())) is None:
            try:
                await asyncio.to_thread(wait.read, client, awaited, now)
                self.log.info("%s", wait.message)
            except Unavailable as error:
                self.log.warning("%s", error)
            await asyncio.sleep(wait.pause(now))
        return event(end.status, end.message)
