"""The overview: runs that need a person, the figures of 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ovh_sms.report.overview import Overview, needing_a_person, overview, under_way
from ovh_sms.report.run_figures import RunFigures
from ovh_sms.report.run_state import RunStatus, run_status
from ovh_sms.store.run_records import BatchRecord, Problem, RunRecord
from ovh_sms.store.run_results import BatchResults, RunResults

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
BLOCKED = Problem(step="preflight", error="BudgetExceeded", what="Too much.", action="Raise it.", at=NOW.isoformat())


def run(
    campaign: str = "spring", *, days: float = 1, people: int = 100, problem: Problem | None = None, **sent: Any
) -> RunStatus:
    """A run of one batch; nothing of it was sent without figures."""
    at = NOW - timedelta(days=days)
    record = RunRecord(
        list_tag=campaign,
        dag_id=f"sms_campaign_{campaign}",
        run_id=f"{days}",
        campaign=campaign,
        account="sms-aa1-1",
        sender="SHOP",
        marketing=True,
        started_at=at,
        rows=people,
        accepted=people,
        batches=1,
        folder="/f",
        checked_at=None if problem else at,
        credits_left=None if problem else 1000.0,
        problem=problem,
    )
    batch = BatchRecord(list_tag=campaign, batch=1, receivers=people, credits=float(people), tag=f"t{days}")
    known: dict[str, Any] = {}
    if sent:
        known = {"submitted": people, "messages": people, "credits_spent": float(people), "sent_at": at}
        known |= {"collected_at": at, "complete": True, "state": "succeeded"}
    return run_status(RunResults(record=record, batches=(BatchResults(record=batch, **known, **sent),)), NOW)


def final(campaign: str = "spring", **more: Any) -> RunStatus:
    return run(campaign, delivered=more.pop("delivered", 95), failed=more.pop("failed", 5), **more)


def needing(runs: Sequence[RunStatus]) -> list[RunStatus]:
    """The runs that need a person, of some, the newest first."""
    figures = [RunFigures.of(run) for run in runs]
    found = needing_a_person(figures, NOW)
    return [runs[figures.index(each)] for each in found]


def figures_of(runs: Sequence[RunStatus]) -> Overview:
    return overview([RunFigures.of(run) for run in runs], NOW, PARIS)


def test_a_run_that_was_not_sent_needs_a_person_until_a_later_one_was() -> None:
    blocked = run(days=2, problem=BLOCKED)
    assert needing([blocked]) == [blocked]
    assert needing([final(days=1), blocked]) == []
    assert needing([final("other", days=1), blocked]) == [blocked]
    assert needing([blocked, final(days=3)]) == [blocked]
    assert needing([run(days=8, problem=BLOCKED)]) == [], "old news"


def test_an_unknown_outcome_comes_first_and_does_not_grow_old() -> None:
    blocked, old = run("b", days=1, problem=BLOCKED), run("a", days=60)
    batch = replace(old.results.batches[0], state="unknown", claimed_at=NOW)
    unknown = run_status(replace(old.results, batches=(batch,)), NOW)
    assert needing([blocked, unknown]) == [unknown, blocked]


def test_runs_under_way_are_not_those_that_need_a_person() -> None:
    moving, blocked, done = run("a"), run("b", problem=BLOCKED), final("c")
    assert under_way([moving, blocked, done]) == [moving]


def test_the_figures_are_those_of_thirty_days() -> None:
    runs = [final(days=1), final(days=29, delivered=90, failed=10), final(days=31), run(days=2, problem=BLOCKED)]
    found = figures_of(runs)
    assert (found.runs, found.sent, found.credits) == (2, 200, 200.0)
    assert (found.delivered.part, found.delivered.whole, found.delivered.percent) == (185, 200, 92.5)
    assert found.delivered.usual is None, "three runs make no range"
    assert sum(number for _, number in found.sent_by_day) == 200
    assert len(found.sent_by_day) == 30
    assert found.sent_by_day[-1][0].date() == NOW.date()


def test_a_sum_says_how_much_of_it_is_not_final() -> None:
    moving = final(days=1)
    waiting = replace(moving.results.batches[0], collected_at=None, complete=None, delivered=None, failed=None)
    found = figures_of([run_status(replace(moving.results, batches=(waiting,)), NOW)])
    assert (found.sent, found.delivered.whole, found.open_runs, found.open_credits) == (100, 0, 1, 100.0)


def test_people_of_an_unknown_outcome_are_counted_apart_from_those_written_to() -> None:
    old = run("a", people=30)
    batch = replace(old.results.batches[0], state="unknown", claimed_at=NOW)
    unknown = run_status(replace(old.results, batches=(batch,)), NOW)
    before = replace(batch, claimed_at=NOW - timedelta(days=31))
    long_ago = run_status(replace(old.results, batches=(before,)), NOW)
    figures = figures_of([final(), unknown, long_ago])
    assert (figures.sent, figures.unknown) == (100, 30)


def test_the_usual_range_leaves_out_the_extremes() -> None:
    runs = [final(days=day, delivered=100 - day, failed=day) for day in range(1, 11)]
    low, high = figures_of(runs).delivered.usual or (0.0, 0.0)
    assert 90 < low < 93
    assert 97 < high < 99.5
