"""Waits in the triggerer until a receivers slot of the account is free. Only reads, so it may run twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from ovh_sms.clock import SystemClock
from ovh_sms.errors import Unavailable
from ovh_sms.triggers.events import error_event, event


class ReceiversSlotTrigger(BaseTrigger):
    """Fire once a receivers slot of the account is free, or at the deadline.

    Source: GET ``/sms/{serviceName}/receivers``.

    :param account: SMS account; the connection's own if ``None``.
    :param poll_interval: seconds between two reads, and before the first, as Airflow must have seen the deferral
        before the event.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    """

    def __init__(self, *, ovh_sms_conn_id: str, account: str | None, poll_interval: float, ends_at: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.poll_interval = poll_interval
        self.ends_at = ends_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make this trigger again."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "ovh_sms_conn_id": self.ovh_sms_conn_id,
            "account": self.account,
            "poll_interval": self.poll_interval,
            "ends_at": self.ends_at,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Read until a slot is free; always exactly one event, errors included."""
        try:
            result = await self._wait()
        except Exception as error:  # every error must reach the task
            result = error_event(error)
        yield result

    async def _wait(self) -> TriggerEvent:
        from ovh_sms.api.receivers import SLOTS
        from ovh_sms.hooks.sms import OvhSmsHook

        clock, ends = SystemClock(), datetime.fromisoformat(self.ends_at)
        client = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).aclient()
        while clock.now() < ends:
            await asyncio.sleep(self.poll_interval)
            try:
                used = len(await asyncio.to_thread(client.receivers.ids))
            except Unavailable as error:
                self.log.warning("%s", error)
                continue
            if used < len(SLOTS):
                return event("free", f"{used} of {len(SLOTS)} receivers slots are in use.")
        return event("deadline", "The deadline has come and all receivers slots are in use.")
