"""Wait in the triggerer until OVH has room for one more receivers list. Reads only, so it may run twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from ovh_sms.errors import Unavailable


class ReceiversSlotTrigger(BaseTrigger):
    """Fire once a receivers list of the account is free, or at the deadline.

    :param ovh_sms_conn_id: Airflow connection to OVH.
    :param account: SMS account.
    :param poll_interval: seconds between two looks; also before the first one, see
        :class:`~ovh_sms.triggers.delivery_receipts.DeliveryReceiptsTrigger` on early events.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.

    Rests on GET /sms/{serviceName}/receivers.
    """

    def __init__(
        self, *, ovh_sms_conn_id: str, account: str | None, poll_interval: float, ends_at: str
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.poll_interval = poll_interval
        self.ends_at = ends_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give the triggerer what it needs to make this trigger again."""
        names = ("ovh_sms_conn_id", "account", "poll_interval", "ends_at")
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            name: getattr(self, name) for name in names
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until one is free; always exactly one event, errors included."""
        try:
            event = await self._wait()
        except Exception as error:  # a trigger that dies would leave its task waiting for nothing
            event = TriggerEvent({"status": "error", "error": type(error).__name__, "message": str(error)})
        yield event

    async def _wait(self) -> TriggerEvent:
        from ovh_sms.api.receivers import SLOTS
        from ovh_sms.hooks.sms import OvhSmsHook

        ends = datetime.fromisoformat(self.ends_at)
        client = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).aclient()
        while datetime.now(UTC) < ends:
            await asyncio.sleep(self.poll_interval)
            try:
                if len(await asyncio.to_thread(client.receivers.ids)) < len(SLOTS):
                    return TriggerEvent({"status": "free"})
            except Unavailable as error:
                self.log.warning("%s", error)
        return TriggerEvent({"status": "deadline"})
