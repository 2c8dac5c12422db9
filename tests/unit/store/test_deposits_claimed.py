"""Orders and transfers are claimed one at a time: for one need, for one account, and from one source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import SubmissionInFlight
from ovh_sms.store.models import ORDER, PAY, TRANSFER, Attempt, NeedCovered
from ovh_sms.store.store import Store
from unit.store.at_once import run_at_once
from unit.store.attempt_samples import IN_FLIGHT, age

NEED, NEXT = "aa" * 32, "bb" * 32
TARGET, SOURCE = "sms-sb00001-1", "sms-sb00001-2"


def order(tag: str = "order", need: str = NEED, **changes: Any) -> Attempt:
    given = {"kind": ORDER, "account": TARGET, "campaign": "credits", "dag_id": "credits", "run_id": tag, **changes}
    digests = {"list_digest": "", "message_digest": ""}
    return Attempt(tag=tag, attempt=1, holder=f"of {tag}", need=need, **digests, **given)


def transfer(tag: str = "transfer", need: str = NEED, source: str = SOURCE, **changes: Any) -> Attempt:
    return order(tag, need, kind=TRANSFER, snapshot={"source": source}, **changes)


def claim(store: Store, attempt: Attempt) -> bool:
    return store.attempts.claim(attempt, in_flight_window=IN_FLIGHT)


@pytest.mark.parametrize(("first", "second"), [(order(), transfer()), (transfer(), order())])
def test_an_order_and_a_transfer_are_not_under_way_for_one_need(store: Store, first: Attempt, second: Attempt) -> None:
    assert claim(store, first)
    with pytest.raises(SubmissionInFlight, match=f"tag {first.tag}") as caught:
        claim(store, second)
    for word in ("message", "list", "people", "sent", "submitting", "force"):
        assert word not in str(caught.value)


@pytest.mark.parametrize("state", ["succeeded", "unknown", "pending"])
def test_a_need_that_is_covered_or_may_be_gets_nothing_more(store: Store, state: str) -> None:
    claim(store, order())
    if state == "succeeded":
        store.attempts.succeed("order", 1, answer={"order_id": 7})
    elif state == "unknown":
        store.attempts.ask("order", 1, {"code": "abc123"})
    age(store, timedelta(hours=5))
    with pytest.raises(NeedCovered, match=rf"An order .* \(tag order, {state}\)") as caught:
        claim(store, transfer())
    assert caught.value.kind == "order"
    assert store.attempts.all("transfer") == []


@pytest.mark.parametrize("end", ["not_executed", "refused"])
def test_a_need_whose_order_was_not_made_gets_a_transfer(store: Store, end: str) -> None:
    claim(store, order())
    if end == "refused":
        store.attempts.mark_refused("order", 1)
    else:
        store.attempts.mark_not_executed("order", 1)
    assert claim(store, transfer())


def test_the_next_need_waits_for_an_order_that_is_under_way(store: Store) -> None:
    claim(store, order())
    with pytest.raises(SubmissionInFlight):
        claim(store, order("next", NEXT))
    store.attempts.succeed("order", 1, answer={"order_id": 7})
    assert claim(store, order("next", NEXT))


def test_two_transfers_from_one_source_follow_each_other(store: Store) -> None:
    other = transfer("other", NEXT, account="sms-sb00001-3")
    claim(store, transfer())
    with pytest.raises(SubmissionInFlight):
        claim(store, other)
    assert claim(store, transfer("third", NEXT, account="sms-sb00001-3", source="sms-sb00001-4"))
    store.attempts.succeed("transfer", 1)
    store.attempts.mark_not_executed("third", 1)
    assert claim(store, other)


def test_a_payment_is_kept_up_by_nothing_else(store: Store) -> None:
    claim(store, order())
    assert claim(store, order("pay", "", kind=PAY))


def test_the_deposits_of_an_account_are_read_by_need_and_by_time(store: Store) -> None:
    claim(store, order())
    store.attempts.succeed("order", 1, answer={"order_id": 7, "quantity": 100})
    claim(store, transfer(need=NEXT))
    assert [each.tag for each in store.deposits.succeeded(TARGET)] == ["order"]
    found = store.deposits.of_need(NEXT)
    assert found
    assert found.tag == "transfer"
    assert found.claimed_at
    answer = {"source": SOURCE, "target": TARGET, "credits": 500.0}
    times = {"not_yet_at": "2026-03-03T10:00:00+00:00", "done_at": "2026-03-03T10:00:02+00:00"}
    store.attempts.succeed("transfer", 1, answer={**answer, **times})
    for account in (SOURCE, TARGET):
        (made,) = store.deposits.transfers(account, found.claimed_at)
        assert (made.source, made.target, made.credits) == (SOURCE, TARGET, 500.0)
        assert (made.before - made.after).total_seconds() == 2
    assert store.deposits.transfers("sms-sb00001-3", found.claimed_at) == []
    assert store.deposits.transfers(TARGET, found.claimed_at + timedelta(seconds=1)) == []


AT_ONCE = """
from datetime import timedelta
import os
from ovh_sms.errors import PreflightError
from ovh_sms.store.models import Attempt
kind = ("order", "transfer")[os.getpid() % 2]
about = {"campaign": "credits", "dag_id": "credits", "account": "sms-sb00001-1"}
about |= {"list_digest": "", "message_digest": ""}
attempt = Attempt(
    tag=f"t{os.getpid()}", attempt=1, kind=kind, holder=str(os.getpid()), run_id=str(os.getpid()), need="cc" * 32,
    snapshot={"source": "sms-sb00001-2"}, **about)
try:
    print("claimed" if store.attempts.claim(attempt, in_flight_window=timedelta(minutes=10)) else "refused")
except PreflightError as error:
    print(type(error).__name__)
"""


def test_of_four_processes_one_claims_the_need(store: Store, url: str) -> None:
    assert sorted(run_at_once(url, AT_ONCE)) == ["SubmissionInFlight"] * 3 + ["claimed"]
