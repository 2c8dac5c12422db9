"""Spending of accounts and costs of lists, as the results show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ovh_sms.forecast.spending import HISTORY_DAYS, AccountSpending
from ovh_sms.store.models import SubmissionRecord
from ovh_sms.store.run_records import RunRecord
from ovh_sms.store.store import Store
from support.fake_clock import START, FakeClock
from support.stores import new_store

ACCOUNT = "sms-aa1-1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[Store]:
    store = new_store(url, clock=clock)
    yield store
    store.close()


def submitted(store: Store, tag: str, at: datetime, **more: Any) -> None:
    """A submission right after its POST: nothing is collected yet."""
    values: dict[str, Any] = {
        "campaign": "spring",
        "dag_id": "sms_campaign_spring",
        "run_id": tag,
        "account": ACCOUNT,
        "sender": "SHOP",
        "marketing": True,
        "message_digest": "m",
        "list_digest": "l",
        "rows": 10,
        "accepted": 10,
        "credits_estimated": 11.0,
        "credits_spent": 12.0,
        "sent_at": at,
        "recorded_at": at,
    }
    store.submissions.start(SubmissionRecord(tag=tag, **(values | more)))


def run(store: Store, run_id: str, *, campaign: str = "spring", list_tag: str = "", **more: Any) -> None:
    store.runs.start_unprepared(
        RunRecord(
            list_tag=list_tag or f"{campaign}_{run_id}",
            dag_id=f"sms_campaign_{campaign}",
            run_id=run_id,
            campaign=campaign,
            account=more.pop("account", ACCOUNT),
            **more,
        )
    )


def read(store: Store) -> list[tuple[str, float, bool]]:
    found = store.spending.of_account(ACCOUNT, START).spendings
    return [(each.campaign, each.credits, each.planned_at is not None) for each in found]


def test_a_submission_counts_right_after_its_post(store: Store) -> None:
    submitted(store, "t1", START)
    (found,) = store.spending.of_account(ACCOUNT, START).spendings
    assert (found.at, found.credits, found.campaign, found.planned_at) == (START, 12.0, "spring", None)


def test_refunded_credits_are_not_spent(store: Store) -> None:
    submitted(store, "t1", START)
    submitted(store, "t2", START)
    for message in (1, 2):
        store.withdrawals.record(
            "t1", account=ACCOUNT, message_id=message, refunded=1.5, created_at=START, at=START + timedelta(days=1)
        )
    assert read(store) == [("spring", 9.0, False), ("spring", 12.0, False)]


def test_credits_that_ovh_did_not_name_count_with_their_estimate(store: Store) -> None:
    submitted(store, "t1", START, credits_spent=None)
    submitted(store, "t2", START, credits_spent=None, credits_estimated=None)
    assert [amount for _, amount, _ in read(store)] == [11.0, 0.0]


def test_what_is_not_submitted_or_of_another_account_is_not_spent(store: Store) -> None:
    submitted(store, "t1", START, sent_at=None)
    submitted(store, "t2", START, account="sms-bb1-1")
    assert store.spending.of_account(ACCOUNT, START) == AccountSpending()


def test_a_planned_run_is_known_by_its_time_even_if_it_sends_several_lists(store: Store) -> None:
    planned = START - timedelta(minutes=5)
    for name in ("a", "b"):
        run(store, "r1", list_tag=name, planned_at=planned)
    run(store, "r2")
    submitted(store, "t1", START, run_id="r1")
    submitted(store, "t2", START + timedelta(minutes=1), run_id="r2")
    found = store.spending.of_account(ACCOUNT, START).spendings
    assert [each.planned_at for each in found] == [planned, None]


def test_the_history_is_read_and_the_first_day_is_known_however_long_ago(store: Store) -> None:
    long_ago = START - timedelta(days=HISTORY_DAYS + 100)
    submitted(store, "t1", long_ago)
    submitted(store, "t2", START - timedelta(days=HISTORY_DAYS))
    found = store.spending.of_account(ACCOUNT, START)
    assert (len(found.spendings), found.known_since) == (1, long_ago)


def test_the_costs_of_lists_are_those_of_the_last_five_runs_the_latest_first(store: Store, clock: FakeClock) -> None:
    for number in range(7):
        clock.advance(60)
        run(store, f"r{number}", credits_estimated=float(number))
    run(store, "r7", credits_estimated=None)
    run(store, "r8", credits_estimated=99.0, account="sms-bb1-1")
    clock.advance(60)
    for name in ("a", "b"):
        run(store, "r1", campaign="autumn", list_tag=name, credits_estimated=10.0)
    assert store.spending.list_costs(ACCOUNT, ["spring", "autumn", "winter"]) == {
        "spring": [6.0, 5.0, 4.0, 3.0, 2.0],
        "autumn": [20.0],
    }
    assert store.spending.list_costs(ACCOUNT, []) == {}


def test_answers_to_replies_are_spending(store: Store, clock: FakeClock) -> None:
    submitted(store, "c1", START)
    for reply, account, state in ((1, ACCOUNT, "answered"), (2, "sms-bb2-1", "answered"), (3, ACCOUNT, "opted_out")):
        store.answers.start(account, reply, "thanks", tag=f"c{reply}", task="ctask")
        store.answers.end(account, reply, "thanks", state, credits_spent=2.0 if state == "answered" else None)
    found = store.spending.of_account(ACCOUNT, clock.now())
    assert sorted((each.credits, each.campaign) for each in found.spendings) == [(2.0, ""), (12.0, "spring")]
