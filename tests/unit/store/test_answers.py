"""Answers to replies: which are due, and that what was decided first stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.store.answers import DueAnswers
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.store import Store
from support.stores import new_store

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
ACCOUNT = "sms-xx12345-1"
DUE = DueAnswers(
    rule="thanks", wanted=InboundFilter(account=ACCOUNT, action="confirmed"), since=NOW - timedelta(hours=48)
)
OUI = InboundMessage(
    inbound_id=1, received_at=NOW, number="+33639980001", text="Oui", tag="", action="confirmed", campaign="visit"
)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = new_store(url)
    others = [replace(OUI, inbound_id=at, number=f"+3363998000{at}") for at in (2, 3)]
    stop = replace(OUI, inbound_id=4, action="opt_out", text="STOP")
    old = replace(OUI, inbound_id=5, received_at=NOW - timedelta(hours=49))
    made.inbound.save(ACCOUNT, [OUI, *others, stop, old])
    yield made
    made.close()


def due(store: Store, wanted: DueAnswers = DUE) -> list[int]:
    found = [each.inbound_id for each in store.answers.due(wanted, limit=10)]
    assert store.answers.count_due(wanted) == len(found)
    return found


def test_a_stop_and_an_old_reply_are_not_due_even_if_they_are_asked_for(store: Store) -> None:
    assert due(store) == [1, 2, 3]
    every = replace(DUE, wanted=InboundFilter(account=ACCOUNT))
    assert due(store, every) == [1, 2, 3]
    assert due(store, replace(DUE, wanted=InboundFilter(account=ACCOUNT, action="opt_out"))) == []
    assert due(store, replace(DUE, wanted=InboundFilter(account="sms-zz00000-1"))) == []


def test_one_that_is_under_way_is_due_at_any_age_and_for_any_filter(store: Store) -> None:
    store.answers.start(ACCOUNT, 5, "thanks", tag="ctag5", task="ctask")
    later = replace(DUE, wanted=InboundFilter(account=ACCOUNT, action="another"), since=NOW + timedelta(days=9))
    assert due(store, later) == [5]
    store.personal_data.ask_to_erase(OUI.number)
    assert due(store, later) == [5], "its outcome is still to be reconciled"
    store.answers.end(ACCOUNT, 5, "thanks", "answered")
    assert due(store, later) == []


def test_an_erased_person_gets_no_answer(store: Store) -> None:
    store.personal_data.ask_to_erase("+33639980002")
    assert due(store) == [1, 3]


def test_the_first_state_stays_and_belongs_to_the_task_that_started(store: Store) -> None:
    store.answers.start(ACCOUNT, 1, "thanks", tag="ctag1", task="ctask1")
    store.answers.start(ACCOUNT, 1, "thanks", tag="ctag1", task="ctask2")
    assert store.answers.of_task("ctask1", ACCOUNT, "thanks") == {"": (1, 0.0)}
    store.answers.end(ACCOUNT, 1, "thanks", "answered", credits_spent=2.0)
    store.answers.end(ACCOUNT, 1, "thanks", "too_old")
    assert store.answers.of_task("ctask1", ACCOUNT, "thanks") == {"answered": (1, 2.0)}
    assert store.answers.of_task("ctask2", ACCOUNT, "thanks") == {}
    assert due(store) == [2, 3]
    assert due(store, replace(DUE, rule="another")) == [1, 2, 3]


def test_answers_of_one_person_are_counted(store: Store) -> None:
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    again = replace(OUI, inbound_id=6, received_at=NOW + timedelta(minutes=1))
    store.inbound.save(ACCOUNT, [again])
    (digest,) = PersonDigester(store.identity.secret()).of_numbers([OUI.number])
    since = store.clock.now() - timedelta(days=1)
    assert store.answers.given_to(digest, "thanks", since, but=6) == 0
    store.answers.start(ACCOUNT, 1, "thanks", tag="ctag1", task="ctask")
    assert store.answers.given_to(digest, "thanks", since, but=6) == 1, "it may be made"
    store.answers.end(ACCOUNT, 1, "thanks", "too_old")
    assert store.answers.given_to(digest, "thanks", since, but=6) == 0


def test_a_person_who_opted_out_of_any_account_is_known(store: Store) -> None:
    assert not store.opt_out_digests.has("+33639980009")
    store.opt_out_digests.add("sms-zz00000-1", ["+33639980009"])
    assert store.opt_out_digests.has("+33639980009")


def test_an_answer_that_was_made_is_never_noted_as_not_made(store: Store) -> None:
    store.answers.start(ACCOUNT, 1, "thanks", tag="ctag1", task="ctask")
    store.answers.end(ACCOUNT, 1, "thanks", "opted_out")
    store.answers.end(ACCOUNT, 1, "thanks", "too_old")
    assert store.answers.of_replies(ACCOUNT, [1])[1][0].state == "opted_out"
    store.answers.end(ACCOUNT, 1, "thanks", "answered", credits_spent=1.0)
    store.answers.end(ACCOUNT, 1, "thanks", "opted_out")
    (row,) = store.answers.of_replies(ACCOUNT, [1])[1]
    assert (row.state, row.credits) == ("answered", 1.0)
