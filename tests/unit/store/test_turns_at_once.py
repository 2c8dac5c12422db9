"""Real processes with one key, on SQLite and on PostgreSQL: within the limit together, in order of their classes."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.call_rate import PERIOD_SECONDS, CallLimits
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.api.turns import Turns
from ovh_sms.clock import SystemClock
from ovh_sms.errors import StoreUnavailable
from ovh_sms.store.store import Store
from ovh_sms.store.turns import QueueRow, shared_queue
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.store.turn_tasks import begin, tasks

pytestmark = pytest.mark.alone

LIMIT, SECONDS = 120, 6.0
BURST, PER_SECOND = LIMIT // 6, (LIMIT - LIMIT // 6) / PERIOD_SECONDS


def about(url: str, kind: str = "POLL", **more: Any) -> str:
    given = {"url": url, "kind": kind, "limit": LIMIT, "most": LIMIT, "seconds": SECONDS, "write": False}
    return json.dumps({**given, **more})


def own(url: str, limit: int = LIMIT, kind: CallClass = CallClass.WRITE) -> Turns:
    return Turns(CallLimits(limit, limit), clock=SystemClock(), call_class=kind, shared=shared_queue(url, "a key"))


@pytest.fixture
def shared_url(store: Store, url: str) -> str:
    """A results database of each kind, with its tables."""
    return url


def test_processes_together_keep_within_the_limit_and_none_starves(shared_url: str) -> None:
    with tasks([about(shared_url, kind=kind) for kind in ("POLL", "COLLECT", "POLL", "POLL")]) as running:
        begin(running)
        printed = [task.communicate(timeout=90)[0].split() for task in running]
    moments = sorted(float(each) for lines in printed for each in lines)
    for at, first in enumerate(moments):
        for count, later in enumerate(moments[at:], 1):
            # A process may note its turn late, on a busy machine.
            assert count <= BURST + PER_SECOND * (later - first + 1.0) + 1
    assert len(moments) >= 0.7 * (BURST + PER_SECOND * SECONDS), "the limit is made use of"
    assert min(len(lines) for lines in printed) >= 1


def test_what_sends_goes_ahead_of_what_polls(shared_url: str) -> None:
    with tasks([about(shared_url, seconds=20.0) for _ in range(4)]) as running:
        begin(running)
        time.sleep(4)  # the burst is used up, and all wait
        waits = [own(shared_url).take(write=write) for write in (False, True) * 4]
    assert max(waits) <= 3 / PER_SECOND + 1.0, "the next call is its own"


def test_killed_and_paused_processes_block_nobody(shared_url: str) -> None:
    with tasks([about(shared_url, kind="WRITE", limit=12, most=12, seconds=60.0) for _ in range(2)]) as running:
        begin(running)
        time.sleep(2)  # both wait for their turn
        for task, how in zip(running, (signal.SIGSTOP, signal.SIGKILL), strict=True):
            os.kill(task.pid, how)
        start = time.monotonic()
        own(shared_url, 12).take()
        # One call in six seconds, and the grace of those that ask no more.
        assert time.monotonic() - start <= 5 + 2 + 2 * 6.1


@pytest.mark.services
def test_a_process_paused_within_its_change_blocks_nobody(postgresql_url: str) -> None:
    store = new_store(postgresql_url)
    other, queue = own(postgresql_url), QueueRow(store.database, "a key", SystemClock())

    def pause(stored: Any, now: float) -> Any:
        start = time.monotonic()
        assert other.take(write=True) == 0
        assert time.monotonic() - start < 12
        return stored, None

    with pytest.raises(StoreUnavailable, match="cannot be used"):
        queue.change(pause)
    store.close()


def test_a_call_costs_next_to_nothing(shared_url: str) -> None:
    turns = own(shared_url, 6_000_000)
    turns.take()
    start = time.process_time()
    for _ in range(300):
        turns.take()
    each = (time.process_time() - start) / 300
    assert each < 0.01, f"{each * 1e3:.1f} ms, where a call takes 10 ms and more"


class TestFile:
    def turns(self, folder: Path, clock: FakeClock, key: str = "a key") -> Turns:
        queue = shared_queue(f"sqlite:///{folder}/results.sqlite", key, clock=clock)
        return Turns(CallLimits(60, 60), clock=clock, shared=queue)

    def file(self, folder: Path) -> Path:
        (file,) = folder.iterdir()
        return file

    def test_it_is_beside_the_results_private_and_one_for_each_key(self, tmp_path: Path) -> None:
        clock, folder = FakeClock(), tmp_path / "data"
        for _ in range(9):
            assert self.turns(folder, clock).take() == 0
        assert self.turns(folder, clock).take() > 1
        file = self.file(folder)
        assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
        assert self.turns(folder, clock, "another").take() == 0

    @pytest.mark.parametrize("back", [15.0, 600.0, 1e9])
    def test_a_clock_set_back_delays_one_call_and_no_more(self, tmp_path: Path, back: float) -> None:
        clock = FakeClock()
        for _ in range(30):
            self.turns(tmp_path / "data", clock).take()
        clock.set_wall(-back)
        assert self.turns(tmp_path / "data", clock).take(write=True) <= 61 / 50 + 1e-6
        assert self.turns(tmp_path / "data", clock).take() <= 2 * 61 / 50 + 1e-6

    @pytest.mark.parametrize("content", [b"x", b"\xff" * 8, b"{}", b'{"at": NaN}', b"[1]", b"9" * 100])
    def test_a_damaged_file_delays_one_call_and_is_made_again(self, tmp_path: Path, content: bytes) -> None:
        clock, folder = FakeClock(), tmp_path / "data"
        self.turns(folder, clock).take()
        self.file(folder).write_bytes(content)
        assert 0 < self.turns(folder, clock).take() <= 2 * 61 / 50 + 1e-6
        clock.advance(timedelta(minutes=1).total_seconds())
        assert self.turns(folder, clock).take() == 0

    def test_what_a_killed_writer_left_behind_the_queue_is_no_damage(self, tmp_path: Path) -> None:
        clock, folder = FakeClock(), tmp_path / "data"
        self.turns(folder, clock).take()
        with self.file(folder).open("ab") as file:
            file.write(b'"left": over}\n')
        assert self.turns(folder, clock).take() == 0
