"""Wait in the triggerer until every message of a sending is final. Reads only, so it may run twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from ovh_sms.errors import ApiError, Unavailable

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.sending.progress import Progress


class DeliveryReceiptsTrigger(BaseTrigger):
    """Fire once every message is final and the STOP window is over, or at the deadline.

    Messages that were taken back never come: where the others are final and no message waits on the account for
    ``gone_after``, the wait is over too.

    :param ovh_sms_conn_id: Airflow connection to OVH.
    :param account: SMS account of the sending.
    :param tag: the sending's tag.
    :param expected: receivers OVH accepted.
    :param poll_interval: seconds between two looks.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    :param stop_window: seconds to wait for STOPs once every message is final.
    :param gone_after: seconds without a waiting message after which what is not listed is not waited for any more.
    :param settle: seconds before the event at the earliest: Airflow 3.3 takes a task for lost, and runs it again,
        where it resumes before the scheduler has seen that it was deferred.

    Rests on GET /sms/{serviceName}/outgoing with the filters tag and deliveryReceipt, and /jobs.
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
        stop_window: float,
        gone_after: float = 1800.0,
        settle: float = 5.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.tag = tag
        self.expected = expected
        self.poll_interval = poll_interval
        self.ends_at = ends_at
        self.stop_window = stop_window
        self.gone_after = gone_after
        self.settle = settle

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give the triggerer what it needs to make this trigger again."""
        names = (
            "ovh_sms_conn_id",
            "account",
            "tag",
            "expected",
            "poll_interval",
            "ends_at",
            "stop_window",
            "gone_after",
            "settle",
        )
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            name: getattr(self, name) for name in names
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until it is over; always exactly one event, errors included."""
        started = time.monotonic()
        try:
            event = await self._wait()
        except Exception as error:  # a trigger that dies would leave its task waiting for nothing
            event = TriggerEvent({"status": "error", "error": type(error).__name__, "message": str(error)})
        await asyncio.sleep(max(0.0, self.settle - (time.monotonic() - started)))
        yield event

    async def _wait(self) -> TriggerEvent:
        from ovh_sms.hooks.sms import OvhSmsHook

        client = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).aclient()
        ends = datetime.fromisoformat(self.ends_at)
        final_since: datetime | None = None
        gone_since: datetime | None = None
        seen = "no message seen"
        while (now := datetime.now(UTC)) < ends:
            progress = await self._look(client)
            if progress is not None:
                seen = str(progress)
                final_since = (final_since or now) if progress.final else None
                gone_since = (gone_since or now) if await self._gone(client, progress) else None
                self.log.info("%s", seen)
            if final_since is not None and now >= final_since + timedelta(seconds=self.stop_window):
                return TriggerEvent({"status": "final", "message": seen})
            if gone_since is not None and now >= gone_since + timedelta(seconds=self.gone_after):
                return TriggerEvent(
                    {"status": "gone", "message": f"No message waits at OVH any more: {seen}"}
                )
            await asyncio.sleep(self._pause(now, ends, final_since))
        status = "final" if final_since is not None else "deadline"
        return TriggerEvent({"status": status, "message": f"The deadline has come: {seen}"})

    async def _look(self, client: OvhSmsClient) -> Progress | None:
        """Look once; an OVH out of reach is looked at again later, until the deadline."""
        from ovh_sms.sending.progress import look

        try:
            return await asyncio.to_thread(look, client, tag=self.tag, expected=self.expected)
        except Unavailable as error:
            self.log.warning("%s", error)
            return None

    async def _gone(self, client: OvhSmsClient, progress: Progress) -> bool:
        """Tell whether what is listed is final, and nothing else can come as nothing waits."""
        if progress.final or progress.listed > progress.done:
            return False
        try:
            return not await asyncio.to_thread(client.jobs.pending_ids)
        except ApiError:  # out of reach, or not allowed: then the deadline ends the wait
            return False

    def _pause(self, now: datetime, ends: datetime, final_since: datetime | None) -> float:
        """Seconds until the next look, never past the deadline or the end of the STOP window."""
        until = [self.poll_interval, (ends - now).total_seconds()]
        if final_since is not None:
            until.append((final_since - now).total_seconds() + self.stop_window)
        return max(0.05, min(until))
