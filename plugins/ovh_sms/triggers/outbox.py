"""Watches the outbox without end, and starts the DAG that sends it once a row waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

#: Seconds until the outbox is read again after the database could not be read.
RETRY_SECONDS = 30.0
#: Rows that still wait after so many seconds start another run.
AGAIN_SECONDS = 30.0
#: So long the folder of files may take to be listed until the table is read again meanwhile.
LISTING_SECONDS = 1.0


class OutboxTrigger(BaseEventTrigger):
    """Fire once a row of the outbox needs work; again for newer rows, or if it still does after half a minute.

    It only reads. The event's payload is ``{"newest", "files"}``, the id of a row and a number of files. A
    restarted triggerer fires again for rows that wait; a run that finds none does nothing.

    :param poll_interval: seconds between two reads of the results database.
    :param folder: folder of CSV files with rows: a path, or an address as ``s3://connection@bucket/folder``; ``None``
        for none.
    :param results_conn_id: Airflow connection of the results.
    """

    _no_files_until = float("-inf")

    def __init__(
        self, *, poll_interval: float = 3.0, folder: str | None = None, results_conn_id: str = "ovh_sms_results"
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poll_interval = poll_interval
        self.folder = folder
        self.results_conn_id = results_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make this trigger again."""
        names = ("poll_interval", "folder", "results_conn_id")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event for rows that wait. An error ends no watch: the outbox is read again later."""
        fired, fired_at, known, files = -1, float("-inf"), 0, 0
        listing: asyncio.Task[int] | None = None
        while True:
            try:
                # In a thread, as a database that is busy would block the triggers of all DAGs.
                newest = await asyncio.to_thread(self._newest)
                listing = listing or asyncio.create_task(asyncio.to_thread(self._files))
                # A storage that gives no answer keeps no row of the table waiting.
                if (await asyncio.wait({listing}, timeout=LISTING_SECONDS))[0]:
                    ended, listing = listing, None
                    files = ended.result()
            except Exception as error:
                self.log.warning("the outbox is not read for %s s: %s", RETRY_SECONDS, type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            now = time.monotonic()
            is_new = (newest is not None and newest > fired) or files > known
            if is_new or ((newest is not None or files) and now - fired_at >= AGAIN_SECONDS):
                fired, fired_at = max(fired, newest or 0), now
                yield TriggerEvent({"newest": newest, "files": files})
            known = files
            await asyncio.sleep(self.poll_interval)

    def _newest(self) -> int | None:
        from ovh_sms.hooks.store import shared_store

        return shared_store(self.results_conn_id).outbox.newest_waiting()

    def _files(self) -> int:
        """The number of complete files; none while their storage gives no answer."""
        from ovh_sms.errors import OvhSmsError
        from ovh_sms.hooks.outbox_folder import waiting_files

        if self.folder is None or time.monotonic() < self._no_files_until:
            return 0
        try:
            return waiting_files(self.folder, time.time())
        except OvhSmsError as error:
            self.log.warning("the files of the outbox are not read for %s s: %s", RETRY_SECONDS, error)
            self._no_files_until = time.monotonic() + RETRY_SECONDS
            return 0
