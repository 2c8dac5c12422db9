"""Verdicts on series of observations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.idempotency.reconcile import Observation, Verdict, decide

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
QUIET, TIMEOUT = timedelta(seconds=60), timedelta(seconds=600)


def verdict(*seen: tuple[int, int], expected: int | None = 5, **last: bool) -> Verdict:
    """Decide on observations, each (seconds since the attempt, messages found)."""
    observations = [Observation(at=START + timedelta(seconds=at), found=found) for at, found in seen[:-1]]
    at, found = seen[-1]
    observations.append(Observation(at=START + timedelta(seconds=at), found=found, **last))
    return decide(observations, expected=expected, quiet_period=QUIET, reconcile_timeout=TIMEOUT)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        ([(5, 0)], Verdict.WAIT),
        ([(5, 0), (60, 0)], Verdict.WAIT),
        ([(5, 0), (65, 0)], Verdict.WAIT),  # of whole seconds that are shown, one may not have gone by
        ([(5, 0), (66, 0)], Verdict.ABSENT),
        ([(5, 0), (30, 2), (66, 0)], Verdict.WAIT),  # listed, gone again: not the same
        ([(5, 0), (64, 5)], Verdict.WAIT),  # listed late
        ([(5, 0), (64, 5), (125, 5)], Verdict.FOUND),
        ([(5, 5)], Verdict.WAIT),
        ([(5, 3), (66, 3)], Verdict.PARTIAL),
        ([(5, 3), (40, 4), (66, 3)], Verdict.WAIT),
        ([(5, 6), (66, 6)], Verdict.AMBIGUOUS),
    ],
)
def test_two_observations_far_enough_apart_must_agree(seen: list[tuple[int, int]], says: Verdict) -> None:
    assert verdict(*seen) is says


def test_missing_credits_are_never_absent() -> None:
    assert verdict((5, 0), (65, 0), credits_missing=True) is Verdict.WAIT
    assert verdict((5, 0), (700, 0), credits_missing=True) is Verdict.AMBIGUOUS


def test_an_observation_that_is_not_exhaustive_proves_nothing() -> None:
    assert verdict((5, 0), (6, 0), exhaustive=False) is Verdict.WAIT
    assert verdict((5, 0), (700, 0), exhaustive=False) is Verdict.AMBIGUOUS


def test_observations_that_never_agree_are_ambiguous_in_the_end() -> None:
    assert verdict(*((at, at % 7) for at in range(5, 700, 20))) is Verdict.AMBIGUOUS


@pytest.mark.parametrize(("found", "says"), [(0, Verdict.ABSENT), (3, Verdict.AMBIGUOUS)])
def test_found_messages_of_a_list_of_unknown_length_are_ambiguous(found: int, says: Verdict) -> None:
    assert verdict((5, found), (66, found), expected=None) is says


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 6)), min_size=1, max_size=12), st.integers(1, 6))
def test_absent_only_after_nothing_was_found_for_a_quiet_period(steps: list[tuple[int, int]], expected: int) -> None:
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
