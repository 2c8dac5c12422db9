"""One person's STOP is counted for one sending: the one it answers."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.store.models import OptOut
from ovh_sms.store.store import ResultsStore
from unit.store.test_store import NOON, a_message, a_run

WHO, OTHER = "+33639980001", "+33639980002"
STOP = OptOut(receiver=WHO, stopped_at=NOON)


def sent(store: ResultsStore, tag: str, ids: dict[int, str], **about: object) -> None:
    store.start_submission(a_run(tag, **about))
    store.store_messages(tag, [a_message(number, tag, receiver=who) for number, who in ids.items()])


def test_a_stop_without_a_message_answers_the_latest_sending(store: ResultsStore) -> None:
    sent(store, "first", {1: WHO, 2: OTHER})
    sent(store, "second", {3: WHO})
    other = OptOut(receiver=OTHER, stopped_at=NOON)
    assert store.store_opt_outs("first", [STOP, other]) == 1
    assert store.store_opt_outs("second", [STOP]) == 1
    assert (store.stops("first"), store.stops("second")) == ([other], [STOP])


def test_a_later_sending_takes_it_when_it_is_collected_later(store: ResultsStore) -> None:
    sent(store, "first", {1: WHO})
    assert store.store_opt_outs("first", [STOP]) == 1
    sent(store, "second", {3: WHO})
    assert store.store_opt_outs("second", [STOP]) == 1
    assert store.stops("first") == []
    assert store.store_opt_outs("first", [STOP]) == 0, "collecting the first one again changes nothing"
    assert store.stops("second") == [STOP]


def test_a_stop_at_another_moment_is_another_stop(store: ResultsStore) -> None:
    sent(store, "first", {1: WHO})
    store.store_opt_outs("first", [STOP])
    sent(store, "second", {3: WHO})
    again = OptOut(receiver=WHO, stopped_at=NOON + timedelta(days=30))
    store.store_opt_outs("second", [again])
    assert (store.stops("first"), store.stops("second")) == ([STOP], [again])


def test_a_stop_that_names_its_message_stays_with_it(store: ResultsStore) -> None:
    named = OptOut(receiver=WHO, stopped_at=NOON, outgoing_id=1)
    sent(store, "first", {1: WHO})
    sent(store, "second", {3: WHO})
    assert store.store_opt_outs("first", [named]) == 1
    assert store.store_opt_outs("second", []) == 0
    assert store.stops("first") == [named]


def test_another_account_has_stops_of_its_own(store: ResultsStore) -> None:
    sent(store, "first", {1: WHO})
    sent(store, "second", {3: WHO}, account="sms-sb00001-2")
    assert [store.store_opt_outs("first", [STOP]), store.store_opt_outs("second", [STOP])] == [1, 1]
    assert store.stops("first") == [STOP]


def test_many_stops_at_once(store: ResultsStore) -> None:
    people = {number: f"+336399{80000 + number:05d}" for number in range(1, 1200)}
    sent(store, "first", people)
    sent(store, "second", {2000 + number: who for number, who in people.items() if number % 2})
    stops = [OptOut(receiver=who, stopped_at=NOON) for who in people.values()]
    assert [store.store_opt_outs("first", stops), len(stops)] == [599, 1199]
