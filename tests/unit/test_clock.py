"""The clock of deadlines."""

from __future__ import annotations

import time

import pytest

from ovh_sms.clock import SystemClock


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux counts the time of a suspended machine")
def test_the_time_of_a_suspended_machine_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # the clock of time.monotonic() stands still then
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    clock = SystemClock()
    began = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() - began >= 0.01


def test_a_machine_without_such_a_clock_uses_its_monotonic_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(time, "monotonic", lambda: 12.5)
    assert SystemClock().monotonic() == 12.5
