from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest

from ovh_sms.api.pacing import TokenBucket
from ovh_sms.errors import RateLimited
from support.fake_clock import FakeClock


@pytest.mark.parametrize("per_minute", [1, 5, 6, 11, 12, 60, 600])
@pytest.mark.parametrize("idle", [0.0, 45.0, 1000.0])
def test_no_sixty_seconds_hold_more_calls_than_allowed(per_minute: int, idle: float) -> None:
    clock = FakeClock()
    bucket = TokenBucket(per_minute, clock=clock)
    moments = []
    for number in range(per_minute * 4):
        if number == per_minute:
            clock.advance(idle)  # a pause, then a rush
        bucket.acquire()
        moments.append(clock.monotonic())
    for first in moments:
        assert sum(first <= moment < first + 60 - 1e-6 for moment in moments) <= per_minute


def test_a_short_burst_does_not_wait_and_a_long_one_reaches_the_rate() -> None:
    clock = FakeClock()
    bucket = TokenBucket(60, clock=clock)
    assert [bucket.acquire() for _ in range(9)] == [0.0] * 9
    assert bucket.acquire() == pytest.approx(61 / 50)
    start = clock.monotonic()
    for _ in range(500):
        bucket.acquire()
    assert clock.monotonic() - start == pytest.approx(610)


def test_a_write_goes_ahead_of_reads() -> None:
    clock = FakeClock()
    bucket = TokenBucket(60, clock=clock)
    for _ in range(50):
        bucket.acquire()
    assert bucket.acquire(write=True) == 0
    assert bucket.acquire(write=True) == pytest.approx(61 / 50)


def test_a_write_waits_for_30_seconds_at_most(tmp_path: Path) -> None:
    clock = FakeClock()
    bucket = TokenBucket(1, shared=tmp_path / "pacing", clock=clock)
    bucket.acquire(write=True)
    with pytest.raises(RateLimited, match="1 calls per minute of this key are used up") as caught:
        bucket.acquire(write=True)
    assert caught.value.retry_after == pytest.approx(61)
    assert clock.sleeps == []
    assert bucket.acquire() == pytest.approx(61), "a read waits"


class TestShared:
    def bucket(self, file: Path, clock: FakeClock, per_minute: int = 60) -> TokenBucket:
        return TokenBucket(per_minute, shared=file, clock=clock)

    def test_clients_of_one_file_share_the_limit(self, tmp_path: Path) -> None:
        clock, file = FakeClock(), tmp_path / "data" / "pacing"
        for _ in range(9):
            assert self.bucket(file, clock).acquire() == 0.0
        assert self.bucket(file, clock).acquire() == pytest.approx(61 / 50)
        assert self.bucket(tmp_path / "another", clock).acquire() == 0.0
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    @pytest.mark.parametrize("back", [15.0, 600.0, 1e9])
    def test_a_clock_set_back_delays_one_call_and_no_more(self, tmp_path: Path, back: float) -> None:
        clock, file = FakeClock(), tmp_path / "pacing"
        for _ in range(30):
            self.bucket(file, clock).acquire()
        clock.set_wall(-back)
        assert self.bucket(file, clock).acquire(write=True) <= 61 / 50 + 1e-6
        assert self.bucket(file, clock).acquire() <= 2 * 61 / 50 + 1e-6

    @pytest.mark.parametrize("content", [b"x", b"\xff" * 8, struct.pack("<d", math.inf), b"9" * 100])
    def test_a_damaged_file_delays_one_call_and_is_rewritten(self, tmp_path: Path, content: bytes) -> None:
        clock, file = FakeClock(), tmp_path / "pacing"
        file.write_bytes(content)
        assert self.bucket(file, clock).acquire() <= 2 * 61 / 50 + 1e-6
        assert len(file.read_bytes()) == 8
        clock.advance(60)
        assert self.bucket(file, clock).acquire() == 0.0

    def test_an_unusable_file_is_logged_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        clock = FakeClock()
        (tmp_path / "no folder").write_text("")
        bucket = self.bucket(tmp_path / "no folder" / "pacing", clock)
        assert [bucket.acquire() for _ in range(9)] == [0.0] * 9
        assert bucket.acquire() > 0, "this client still keeps to the limit"
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "for this task alone" in caplog.text
