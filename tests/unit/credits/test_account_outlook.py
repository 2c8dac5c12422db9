"""What an account will spend, from the results and the campaign files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.credits.account_outlook import account_outlook
from ovh_sms.forecast.forecast import forecast
from ovh_sms.forecast.planned import PLAN_DAYS
from ovh_sms.store.models import SubmissionRecord
from ovh_sms.store.run_records import RunRecord
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store

ACCOUNT = "sms-aa1-1"
NOW = datetime(2026, 11, 18, 7, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "results.sqlite", clock=FakeClock(NOW))
    yield store
    store.close()


def campaign(name: str, **more: Any) -> Campaign:
    values = {"kind": "marketing", "sender": "SHOP", "message": "Hello", "contacts": {"file": "contacts/a.csv"}, "budget": 900}
    return Campaign.model_validate({"name": name, **values, **more})


def sent(store: Store, name: str, days_ago: float, amount: float, *, planned: bool) -> None:
    at, dag_id, run_id = NOW - timedelta(days=days_ago), f"sms_campaign_{name}", f"{days_ago}"
    place = {"dag_id": dag_id, "run_id": run_id, "campaign": name, "account": ACCOUNT}
    tag = f"{name}_{days_ago}"
    store.runs.start(
        RunRecord(list_tag=tag, started_at=at, planned_at=at if planned else None, **place)  # type: ignore[arg-type]
    )
    found = RunRecord(list_tag=tag, credits_estimated=amount, digest="d", batches=1, **place)  # type: ignore[arg-type]
    store.runs.prepared(found, [])
    store.submissions.start(
        SubmissionRecord(
            tag=tag,
            sender="SHOP",
            marketing=True,
            message_digest="m",
            list_digest="l",
            **{"rows": 1, "accepted": 1, "credits_spent": amount, "sent_at": at, "recorded_at": at, **place},
        )
    )


def test_a_scheduled_campaign_is_planned_at_the_cost_of_its_last_list_and_is_not_in_the_rate(store: Store) -> None:
    for week in (1, 2, 3):
        sent(store, "news", 7 * week - 0.1, 700 + week, planned=True)
        sent(store, "codes", 7 * week, 70, planned=False)
    coming = account_outlook(store, ACCOUNT, [campaign("news", schedule="0 10 * * 3")], NOW)
    assert coming.rate is not None
    assert coming.rate.per_day == pytest.approx(10, rel=0.4)
    assert [run.at for run in coming.planned[:2]] == [NOW.replace(hour=10), NOW.replace(hour=10) + timedelta(days=7)]
    assert {(run.credits, run.at_most) for run in coming.planned} == {(701, 703)}
    assert len(coming.planned) == 9


@pytest.mark.parametrize(
    ("more", "runs"),
    [
        ({}, 0),
        ({"send_at": "2026-11-20 10:00"}, 1),
        ({"send_at": "2026-11-17 10:00"}, 0),
        ({"schedule": "0 * * * *"}, PLAN_DAYS * 24),
        ({"schedule": {"asset": "crm"}}, 0),
    ],
    ids=["by hand", "once", "once, before", "each hour", "by data"],
)
def test_a_campaign_that_never_ran_is_planned_at_its_budget(store: Store, more: dict[str, Any], runs: int) -> None:
    coming = account_outlook(store, ACCOUNT, [campaign("new", **more)], NOW)
    assert len(coming.planned) == pytest.approx(runs, abs=1)
    assert {run.credits for run in coming.planned} == ({900.0} if runs else set())
    assert {run.is_once for run in coming.planned} == ({"send_at" in more} if runs else set())


def test_no_stock_is_held_for_a_run_that_an_earlier_forecast_announced(store: Store) -> None:
    sent(store, "codes", 40, 70, planned=False)
    sale = campaign("sale", send_at="2026-11-10 10:00")
    before = account_outlook(store, ACCOUNT, [sale], NOW - timedelta(days=14))
    earlier = [forecast(before, 5_000)]
    (run,) = earlier[0].planned
    sent(store, "sale", (NOW - run.at) / timedelta(days=1), 900, planned=True)
    learned = account_outlook(store, ACCOUNT, [], NOW, earlier=earlier)
    assert learned.at_most(14) < 0.3 * account_outlook(store, ACCOUNT, [], NOW).at_most(14)
    assert learned.spending(14) == account_outlook(store, ACCOUNT, [], NOW).spending(14)
