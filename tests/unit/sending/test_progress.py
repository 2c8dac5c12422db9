"""The wait for delivery receipts, on a clock that only the test moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.sending.progress import Progress, ReceiptsWait, WaitLimits
from support.fake_clock import START, FakeClock

PARTLY, ALL, LATE = Progress(10, 10, 7), Progress(10, 10, 10), Progress(10, 8, 8)
MINUTE = timedelta(minutes=1)


def waited(*progress: Progress, pending_anywhere: bool = True, window: float = 5) -> tuple[str, float]:
    """Read the given progress, the last one again and again; returns status and minutes."""
    clock = FakeClock()
    limits = WaitLimits(deadline=START + 60 * MINUTE, poll_interval=2 * MINUTE, opt_out_window=window * MINUTE)
    wait, found = ReceiptsWait(limits), [*progress]
    while (end := wait.end(clock.now())) is None:
        wait.add(clock.now(), found.pop(0) if len(found) > 1 else found[0], pending_anywhere=pending_anywhere)
        clock.sleep(wait.pause(clock.now()))
    return end.status, round((clock.now() - START) / MINUTE, 2)


def test_a_final_submission_is_collected_after_the_opt_out_window() -> None:
    assert waited(ALL) == ("final", 5)
    assert waited(PARTLY, ALL) == ("final", 7)
    assert waited(ALL, window=0) == ("final", 0)


def test_a_receipt_that_opens_again_starts_the_opt_out_window_anew() -> None:
    assert waited(ALL, PARTLY, ALL) == ("final", 9)


def test_the_wait_ends_at_its_deadline_and_never_later() -> None:
    assert waited(PARTLY) == ("deadline", 60)
    assert waited(ALL, window=120) == ("final", 60)


def test_withdrawn_messages_are_not_waited_for() -> None:
    assert waited(LATE, pending_anywhere=False) == ("withdrawn", 30)
    assert waited(LATE) == ("deadline", 60)


def test_a_surplus_ends_the_wait_at_once() -> None:
    assert waited(PARTLY, Progress(10, 11, 7, surplus=1)) == ("surplus", 2)
    assert str(Progress(10, 11, 7, surplus=1)).endswith("1 surplus")


def test_messages_beyond_those_expected_are_waited_for_too() -> None:
    assert not Progress(10, 20, 12).is_final
    assert Progress(10, 20, 20).is_final


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (PARTLY, "7 of 10 messages final, 3 pending, 0 not yet sent"),
        (LATE, "8 of 10 messages final, 0 pending, 2 not yet sent"),
    ],
)
def test_progress_names_what_is_missing(progress: Progress, text: str) -> None:
    assert str(progress) == text
