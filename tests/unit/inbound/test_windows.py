"""The windows of a pull leave no gap, however long ago the last one was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ovh_sms.inbound.pull import PullTimes, windows

NOW = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
TIMES = PullTimes()


def test_a_pull_begins_before_the_mark() -> None:
    mark = NOW - timedelta(minutes=5)
    assert list(windows(mark, NOW, TIMES)) == [(mark - timedelta(hours=2), NOW)]


def test_the_first_pull_of_an_account_reads_a_week() -> None:
    found = list(windows(None, NOW, TIMES))
    assert (found[0][0], found[-1][1], len(found)) == (NOW - timedelta(days=7), NOW, 7)


def test_an_outage_of_three_days_is_read_day_by_day() -> None:
    found = list(windows(NOW - timedelta(days=3), NOW, TIMES))
    assert len(found) == 4


@given(st.integers(-100_000, 3_000_000), st.integers(0, 90_000), st.integers(60, 200_000))
def test_the_windows_join_from_before_the_mark_to_now(ago: int, overlap: int, window: int) -> None:
    times = PullTimes(overlap=timedelta(seconds=overlap), window=timedelta(seconds=window))
    mark = NOW - timedelta(seconds=ago)
    found = list(windows(mark, NOW, times))
    assert found[0][0] == min(mark, NOW) - timedelta(seconds=overlap)
    assert found[-1][1] == NOW
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))
    assert all(start <= end for start, end in found)
