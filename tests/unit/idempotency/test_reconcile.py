"""What looks at OVH prove, and what they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.idempotency.reconcile import Observation, Verdict, decide

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
SETTLING, GIVE_UP = timedelta(seconds=60), timedelta(seconds=600)


def verdict(*seen: tuple[int, int], expected: int | None = 5, **last: bool) -> Verdict:
    """Judge looks given as (seconds since the intent, found)."""
    looks = [Observation(at=START + timedelta(seconds=at), found=found) for at, found in seen[:-1]]
    at, found = seen[-1]
    looks.append(Observation(at=START + timedelta(seconds=at), found=found, **last))
    return decide(looks, expected=expected, since=START, quiet_period=SETTLING, reconcile_timeout=GIVE_UP)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        ([(5, 0)], Verdict.WAIT),
        ([(5, 0), (60, 0)], Verdict.WAIT),
        ([(5, 0), (65, 0)], Verdict.ABSENT),
        ([(5, 0), (30, 2), (66, 0)], Verdict.WAIT),  # listed, gone again: not the same
        ([(5, 0), (64, 5)], Verdict.WAIT),  # listed late
        ([(5, 0), (64, 5), (124, 5)], Verdict.FOUND),
        ([(5, 5)], Verdict.WAIT),
        ([(5, 3), (65, 3)], Verdict.PARTIAL),
        ([(5, 3), (40, 4), (65, 3)], Verdict.WAIT),
        ([(5, 6), (65, 6)], Verdict.AMBIGUOUS),
        ([(-600, 0), (5, 0)], Verdict.ABSENT),  # the clock of the worker that wrote was ahead
    ],
)
def test_two_looks_far_enough_apart_must_agree(seen: list[tuple[int, int]], says: Verdict) -> None:
    assert verdict(*seen) is says


def test_credits_that_are_gone_keep_it_from_being_sent_again() -> None:
    assert verdict((5, 0), (65, 0), credits_missing=True) is Verdict.WAIT
    assert verdict((5, 0), (700, 0), credits_missing=True) is Verdict.AMBIGUOUS


def test_what_cannot_be_looked_through_is_unclear() -> None:
    assert verdict((5, 0), (6, 0), exhaustive=False) is Verdict.WAIT
    assert verdict((5, 0), (700, 0), exhaustive=False) is Verdict.AMBIGUOUS


def test_what_never_settles_is_given_up() -> None:
    assert verdict(*((at, at % 7) for at in range(5, 700, 20))) is Verdict.AMBIGUOUS


@pytest.mark.parametrize(("found", "says"), [(0, Verdict.ABSENT), (3, Verdict.AMBIGUOUS)])
def test_a_list_of_unknown_length(found: int, says: Verdict) -> None:
    assert verdict((5, found), (65, found), expected=None) is says


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 6)), min_size=1, max_size=12), st.integers(1, 6)
)
def test_nothing_is_only_said_where_nothing_was_seen_for_long(
    steps: list[tuple[int, int]], expected: int
) -> None:
    at, seen = 0, []
    for step, found in steps:
        at += step
        seen.append((at, found))
    said = verdict(*seen, expected=expected)
    lately = [found for when, found in seen if when >= at - 60]
    if said in (Verdict.ABSENT, Verdict.FOUND, Verdict.PARTIAL):
        assert len(set(lately)) == 1
        assert at >= 60
    if said is Verdict.ABSENT:
        assert lately[-1] == 0
    if said is Verdict.FOUND:
        assert lately[-1] == expected
