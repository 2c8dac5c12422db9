"""The watch of the outbox: an event once a row waits, and none while no row does."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.store.outbox_records import RowEnd
from ovh_sms.triggers import outbox as module
from ovh_sms.triggers.outbox import OutboxTrigger
from support.outbox import Outbox, sms
from support.sandbox import SandboxProcess


@pytest.fixture
def outbox(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Outbox]:
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()


class Watch(OutboxTrigger):
    """Counts its reads."""

    reads = 0

    def _newest(self) -> int | None:
        self.reads += 1
        return super()._newest()


def watch(script: Callable[[Callable[[], Any]], Any], folder: Path | str | None = None) -> list[dict[str, Any]]:
    """Run a trigger beside a script, which can wait for some reads of the table; return its events."""
    events: list[dict[str, Any]] = []
    trigger = Watch(poll_interval=0.01, folder=None if folder is None else str(folder))

    async def run() -> None:
        async for event in trigger.run():
            events.append(event.payload)  # noqa: PERF401 - they are read while it runs

    async def reads() -> None:
        before = trigger.reads
        while trigger.reads < before + 3:  # noqa: ASYNC110 - of a thread
            await asyncio.sleep(0.01)

    async def both() -> None:
        task = asyncio.create_task(run())
        try:
            async with asyncio.timeout(60):
                await script(reads)
        finally:
            task.cancel()

    asyncio.run(both())
    return events


def test_an_idle_outbox_fires_nothing_and_each_new_row_once(outbox: Outbox) -> None:
    async def script(reads: Callable[[], Any]) -> None:
        await reads()
        outbox.queue(sms(0, deferred_until=outbox.clock.now() + timedelta(hours=1)))
        await reads()
        outbox.queue(sms(1))
        await reads()
        await reads()
        outbox.queue(sms(2))
        await reads()

    assert watch(script) == [{"newest": outbox.row(1).id, "files": 0}, {"newest": outbox.row(2).id, "files": 0}]


def test_rows_that_still_wait_fire_again_and_sent_ones_do_not(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)

    async def script(reads: Callable[[], Any]) -> None:
        outbox.queue(sms(0))
        await reads()
        outbox.store.outbox.end_free({outbox.row(0).id: RowEnd("refused", "no_sender")})
        await reads()
        await reads()

    found = watch(script)
    assert len(found) >= 2
    assert {each["newest"] for each in found} == {outbox.row(0).id}


def test_a_file_fires_once(outbox: Outbox, tmp_path: Path) -> None:
    async def script(reads: Callable[[], Any]) -> None:
        await reads()
        path = tmp_path / "orders.csv"
        path.write_text("key", encoding="utf-8")
        os.utime(path, (1, 1))
        await reads()
        await reads()

    assert watch(script, tmp_path) == [{"newest": None, "files": 1}]


def test_a_storage_of_files_that_gives_no_answer_keeps_no_row_waiting(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LISTING_SECONDS", 0.0)
    answered = threading.Event()
    monkeypatch.setattr(OutboxTrigger, "_files", lambda self: answered.wait(60) and 2)

    async def script(reads: Callable[[], Any]) -> None:
        outbox.queue(sms(0))
        await reads()
        outbox.queue(sms(1))
        await reads()
        answered.set()
        await reads()

    found = watch(script, Path("/bucket"))
    assert found[:2] == [{"newest": outbox.row(at).id, "files": 0} for at in range(2)]


def test_files_whose_storage_cannot_be_read_fire_nothing_and_end_no_watch(outbox: Outbox) -> None:
    async def script(reads: Callable[[], Any]) -> None:
        await reads()
        outbox.queue(sms(0))
        await reads()

    assert watch(script, "gs://shop@bucket/outbox") == [{"newest": outbox.row(0).id, "files": 0}]


def test_a_database_that_cannot_be_read_ends_no_watch(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    read = OutboxTrigger._newest
    broken = iter([True, True])

    def newest(self: OutboxTrigger) -> int | None:
        if next(broken, False):
            raise OSError
        return read(self)

    monkeypatch.setattr(OutboxTrigger, "_newest", newest)
    outbox.queue(sms(0))

    async def script(reads: Callable[[], Any]) -> None:
        await reads()
        await reads()

    assert watch(script) == [{"newest": outbox.row(0).id, "files": 0}]


def test_it_is_made_again_from_its_parameters() -> None:
    given = {"poll_interval": 1.0, "folder": "/data/outbox", "results_conn_id": "other"}
    path = "ovh_sms.triggers.outbox.OutboxTrigger"
    assert OutboxTrigger(**given).serialize() == (path, given)
