"""The overview: runs that need a person, the figures of 30 days, and the days for which credits last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.forecast.spending import AccountSpending, Spending
from ovh_sms.report.account_credits import account_credits
from ovh_sms.report.forecast_lines import forecast_lines
from ovh_sms.report.language import translator
from ovh_sms.report.overview import needing_a_person, overview, under_way
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


def test_a_run_that_was_not_sent_needs_a_person_until_a_later_one_was() -> None:
    blocked = run(days=2, problem=BLOCKED)
    assert needing_a_person([blocked], NOW) == [blocked]
    assert needing_a_person([final(days=1), blocked], NOW) == []
    assert needing_a_person([final("other", days=1), blocked], NOW) == [blocked]
    assert needing_a_person([blocked, final(days=3)], NOW) == [blocked]
    assert needing_a_person([run(days=8, problem=BLOCKED)], NOW) == [], "old news"


def test_an_unknown_outcome_comes_first_and_does_not_grow_old() -> None:
    blocked, old = run("b", days=1, problem=BLOCKED), run("a", days=60)
    batch = replace(old.results.batches[0], state="unknown", claimed_at=NOW)
    unknown = run_status(replace(old.results, batches=(batch,)), NOW)
    assert needing_a_person([blocked, unknown], NOW) == [unknown, blocked]


def test_runs_under_way_are_not_those_that_need_a_person() -> None:
    moving, blocked, done = run("a"), run("b", problem=BLOCKED), final("c")
    assert under_way([moving, blocked, done]) == [moving]


def test_the_figures_are_those_of_thirty_days() -> None:
    runs = [final(days=1), final(days=29, delivered=90, failed=10), final(days=31), run(days=2, problem=BLOCKED)]
    found = overview(runs, NOW, PARIS)
    assert (found.runs, found.sent, found.credits) == (2, 200, 200.0)
    assert (found.delivered.part, found.delivered.whole, found.delivered.percent) == (185, 200, 92.5)
    assert found.delivered.usual is None, "three runs make no range"
    assert sum(number for _, number in found.sent_by_day) == 200
    assert len(found.sent_by_day) == 30
    assert found.sent_by_day[-1][0].date() == NOW.date()


def test_a_sum_says_how_much_of_it_is_not_final() -> None:
    moving = final(days=1)
    waiting = replace(moving.results.batches[0], collected_at=None, complete=None, delivered=None, failed=None)
    found = overview([run_status(replace(moving.results, batches=(waiting,)), NOW)], NOW, PARIS)
    assert (found.sent, found.delivered.whole, found.open_runs, found.open_credits) == (100, 0, 1, 100.0)


def test_people_of_an_unknown_outcome_are_counted_apart_from_those_written_to() -> None:
    old = run("a", people=30)
    batch = replace(old.results.batches[0], state="unknown", claimed_at=NOW)
    unknown = run_status(replace(old.results, batches=(batch,)), NOW)
    before = replace(batch, claimed_at=NOW - timedelta(days=31))
    long_ago = run_status(replace(old.results, batches=(before,)), NOW)
    figures = overview([final(), unknown, long_ago], NOW, PARIS)
    assert (figures.sent, figures.unknown) == (100, 30)


def test_the_usual_range_leaves_out_the_extremes() -> None:
    runs = [final(days=day, delivered=100 - day, failed=day) for day in range(1, 11)]
    low, high = overview(runs, NOW, PARIS).delivered.usual or (0.0, 0.0)
    assert 90 < low < 93
    assert 97 < high < 99.5


def spending(*days_ago: int, since: float = 30) -> dict[str, AccountSpending]:
    spendings = [Spending(at=NOW - timedelta(days=each), credits=100.0) for each in days_ago]
    return {"sms-aa1-1": AccountSpending(spendings=spendings, known_since=NOW - timedelta(days=since))}


@pytest.mark.parametrize(
    ("spent", "left", "lasting"),
    [
        (spending(*range(2, 31)), 1000.0, 10),
        (spending(*range(31)), 800.0, 8),
        (spending(since=30), 1000.0, None),
        ({}, 1000.0, None),
    ],
    ids=["each day", "since the check too", "nothing", "no history"],
)
def test_credits_last_as_long_as_the_forecast_says(
    spent: dict[str, AccountSpending], left: float, lasting: int | None
) -> None:
    (found,) = account_credits([final(days=1)], spent, NOW)
    assert (found.account, found.credits, found.forecast.credits_left) == ("sms-aa1-1", 1000.0, left)
    assert found.forecast.days == (pytest.approx(lasting, abs=1) if lasting else None)


def test_the_forecast_is_said_in_the_readers_language() -> None:
    (found,) = account_credits([final(days=1)], spending(*range(2, 31)), NOW)
    assert forecast_lines(found.forecast, translator("en")) == [str(each) for each in found.forecast.basis()]
    first, second = forecast_lines(found.forecast, translator("fr"))
    assert first.startswith("Les crédits suffisent jusqu'au lun. 30 nov. 2026 environ : au plus tôt le ")
    assert second.endswith("crédits par jour. Jours de dépense connus : 30.")


def test_an_account_that_was_never_read_is_not_shown() -> None:
    assert account_credits([run(problem=BLOCKED)], {}, NOW) == []
