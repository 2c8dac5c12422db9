"""The day on which credits run dry."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ovh_sms.forecast.forecast import Forecast, announced_runs, forecast
from ovh_sms.forecast.outlook import outlook
from ovh_sms.forecast.planned import PlannedCampaign, planned_runs
from ovh_sms.forecast.spending import AccountSpending
from unit.forecast.samples import NOW, at, daily, planned, spent, steady

TODAY = NOW.date()


@pytest.mark.parametrize(
    ("left", "runs", "days"),
    [
        (50, [], 0),
        (99, [], 0),
        (101, [], 1),
        (1_050, [], 10),
        (1_050, [planned(3, 500)], 5),
        (1_050, [planned(3, 5_000)], 3),
        (1_050, [planned(30, 5_000)], 10),
        (-5, [], 0),
    ],
    ids=["today", "short today", "today is covered", "ten days", "a run", "a run that is short", "a later run", "owed"],
)
def test_credits_last_until_the_rate_and_the_planned_runs_have_used_them(
    left: float, runs: list[object], days: int
) -> None:
    made = forecast(steady(56, 100.0, *runs), left)  # type: ignore[arg-type]
    assert made.dry_on == TODAY + timedelta(days=days)
    assert made.days == days
    assert made.earliest is not None
    assert made.latest is not None
    assert made.earliest <= made.dry_on <= made.latest


def test_reserved_credits_are_not_there_for_others() -> None:
    assert forecast(steady(), 1_050, reserved=500) == Forecast(
        **{**vars(forecast(steady(), 550)), "credits_left": 1_050, "reserved": 500}
    )


def test_recurring_runs_go_on_beyond_the_plan() -> None:
    weekly = [planned(week * 7 + 1, 700, "news") for week in range(8)]
    assert forecast(steady(56, 0.0, *weekly), 12_000).days == pytest.approx(12_000 / 100, abs=15)


def test_spending_of_a_scheduled_campaign_counts_once() -> None:
    spendings = [spent(700, 7 * week, "news", planned=True) for week in range(1, 9)]
    known = AccountSpending(spendings=spendings, known_since=at(-56))
    weekly = [planned(7 * week, 700, "news") for week in range(8)]
    coming = outlook(known, weekly, now=NOW)
    assert coming.spending(28).expected == 4 * 700
    assert outlook(known, (), now=NOW).spending(28).expected == pytest.approx(4 * 700, rel=0.15)


def test_a_campaign_sent_once_is_one_of_those_that_are_usual() -> None:
    spendings = [spent(700, 7 * week, f"sale_{week}", planned=True) for week in range(1, 9)]
    known = AccountSpending(spendings=spendings, known_since=at(-56))
    usual = outlook(known, (), now=NOW).spending(14).expected
    with_one = outlook(known, [planned(3, 700, "sale", once=True)], now=NOW).spending(14)
    with_large = outlook(known, [planned(3, 9_000, "sale", once=True)], now=NOW).spending(14)
    assert with_one.expected == pytest.approx(usual)
    assert with_large.expected == pytest.approx(9_000)
    assert with_large.low >= 9_000


def test_without_history_there_is_no_forecast_and_it_says_so() -> None:
    made = forecast(outlook(AccountSpending(), [planned(2, 5_000)], now=NOW), 100)
    assert (made.per_day, made.dry_on, made.earliest, made.latest, made.days) == (None,) * 5
    assert str(made) == (
        "No forecast: no whole day of spending is known on this account. "
        "Planned runs of the coming month: 1, for about 5,000 credits."
    )


def test_an_account_that_spends_nothing_lasts_for_more_than_a_year() -> None:
    made = forecast(outlook(daily([0.0] * 30), (), now=NOW), 100)
    assert (made.per_day, made.dry_on) == (0.0, None)
    assert str(made).startswith("The credits last for more than a year.")


def test_the_day_is_said_with_its_interval_and_what_it_is_based_on() -> None:
    made = forecast(steady(56, 100.0, planned(2, 300)), 2_000, reserved=100)
    assert str(made) == (
        "The credits last until about Thu 3 Dec 2026: Wed 2 Dec 2026 at the earliest, Sat 5 Dec 2026 at the latest. "
        "About 111 credits a day. Days of spending known: 56. Planned runs of the coming month: 1, for about 300 "
        "credits. 100 credits are reserved for runs on their way."
    )


@pytest.mark.parametrize("left", [50, 2_000, 35_000, 10**9])
def test_plain_values_give_the_forecast_back(left: float) -> None:
    made = forecast(steady(56, 100.0, planned(2, 300)), left)
    assert Forecast.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_the_time_of_day_counts() -> None:
    known = daily([100.0] * 56)
    evening = NOW.replace(hour=19)
    sent_today = AccountSpending(spendings=[*known.spendings, spent(100, 0)], known_since=known.known_since)
    assert outlook(known, (), now=NOW).spending(14).expected == pytest.approx(1_400)
    assert outlook(sent_today, (), now=evening).spending(14).expected == pytest.approx(1_400)
    assert forecast(outlook(sent_today, (), now=evening), 150).days == 2


def test_a_run_is_announced_in_time_if_a_forecast_named_it_early_enough() -> None:
    made = forecast(steady(56, 100.0, planned(3, 300, "late"), planned(5, 300, "early")), 2_000)
    assert announced_runs([made], days_ahead=4) == {("early", at(5))}


@pytest.mark.parametrize(
    ("costs", "expected", "at_most"),
    [([], 900.0, 900.0), ([100.0], 100.0, 100.0), ([100.0, 300.0], 100.0, 300.0), ([1.0] * 5 + [80.0], 1.0, 1.0)],
    ids=["never ran: its budget", "its last list", "its dearest list", "of five runs"],
)
def test_a_planned_run_costs_what_its_last_list_cost(costs: list[float], expected: float, at_most: float) -> None:
    times = [at(-1), at(1), at(90)]
    (run,) = planned_runs([PlannedCampaign(campaign="news", times=times, costs=costs, budget=900.0)], NOW)
    assert (run.at, run.credits, run.at_most) == (at(1), expected, at_most)
