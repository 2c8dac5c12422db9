"""One person's opt-out is counted for one submission: the one it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.store import opt_out_digests
from ovh_sms.store.models import OptOut
from ovh_sms.store.store import Store
from unit.store.test_store import NOON, a_message, a_submission

PERSON, OTHER = "+33639980001", "+33639980002"
STOP = OptOut(receiver=PERSON, opted_out_at=NOON)


def submit(store: Store, tag: str, ids: dict[int, str], **about: object) -> None:
    store.submissions.start(a_submission(tag, **about))
    store.messages.save(tag, [a_message(number, tag, receiver=person) for number, person in ids.items()])


def test_an_opt_out_without_a_message_answers_the_latest_submission(store: Store) -> None:
    submit(store, "first", {1: PERSON, 2: OTHER})
    submit(store, "second", {3: PERSON})
    other = OptOut(receiver=OTHER, opted_out_at=NOON)
    assert store.opt_outs.save("first", [STOP, other]) == 1
    assert store.opt_outs.save("second", [STOP]) == 1
    assert (store.opt_outs.of("first"), store.opt_outs.of("second")) == ([other], [STOP])


def test_it_moves_to_a_later_submission_that_is_collected_later(store: Store) -> None:
    submit(store, "first", {1: PERSON})
    assert store.opt_outs.save("first", [STOP]) == 1
    submit(store, "second", {3: PERSON})
    assert store.opt_outs.save("second", [STOP]) == 1
    assert store.opt_outs.of("first") == []
    assert store.opt_outs.save("first", [STOP]) == 0, "collecting the first one again changes nothing"
    assert store.opt_outs.of("second") == [STOP]


def test_an_opt_out_at_another_moment_is_another_opt_out(store: Store) -> None:
    submit(store, "first", {1: PERSON})
    store.opt_outs.save("first", [STOP])
    submit(store, "second", {3: PERSON})
    again = OptOut(receiver=PERSON, opted_out_at=NOON + timedelta(days=30))
    store.opt_outs.save("second", [again])
    assert (store.opt_outs.of("first"), store.opt_outs.of("second")) == ([STOP], [again])


def test_an_opt_out_that_names_its_message_stays_with_it(store: Store) -> None:
    named = OptOut(receiver=PERSON, opted_out_at=NOON, outgoing_id=1)
    submit(store, "first", {1: PERSON})
    submit(store, "second", {3: PERSON})
    assert store.opt_outs.save("first", [named]) == 1
    assert store.opt_outs.save("second", []) == 0
    assert store.opt_outs.of("first") == [named]


def test_another_account_has_opt_outs_of_its_own(store: Store) -> None:
    submit(store, "first", {1: PERSON})
    submit(store, "second", {3: PERSON}, account="sms-sb00001-2")
    assert [store.opt_outs.save("first", [STOP]), store.opt_outs.save("second", [STOP])] == [1, 1]
    assert store.opt_outs.of("first") == [STOP]


def test_many_opt_outs_at_once(store: Store) -> None:
    people = {number: f"+336399{80000 + number:05d}" for number in range(1, 1200)}
    submit(store, "first", people)
    submit(store, "second", {2000 + number: person for number, person in people.items() if number % 2})
    opt_outs = [OptOut(receiver=person, opted_out_at=NOON) for person in people.values()]
    assert [store.opt_outs.save("first", opt_outs), len(opt_outs)] == [599, 1199]


def test_one_that_is_known_to_answer_a_submission_needs_no_message_of_it(store: Store) -> None:
    submit(store, "first", {1: PERSON})
    store.opt_outs.save("first", [STOP])
    store.submissions.start(a_submission("second"))
    for _ in range(2):
        store.opt_outs.save("second", [STOP], are_its_own=True)
    assert (store.opt_outs.of("first"), store.opt_outs.of("second")) == ([], [STOP])
    submit(store, "second", {3: PERSON})
    assert store.opt_outs.save("second", [STOP]) == 1


def test_a_person_who_is_erased_while_their_opt_out_is_read_does_not_come_back(store: Store) -> None:
    submit(store, "first", {1: PERSON, 2: OTHER})
    store.personal_data.ask_to_erase(PERSON)
    at = store.clock.now() - timedelta(hours=1)
    both = [OptOut(receiver=each, opted_out_at=at, outgoing_id=1) for each in (PERSON, OTHER)]
    assert store.opt_outs.save("first", both) == 1
    assert [each.receiver for each in store.opt_outs.of("first")] == [OTHER]
    assert store.opt_out_digests.has(PERSON), "they are written to no more"


def test_the_first_read_of_a_long_list_keeps_no_other_writer_waiting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone, together, remember = [f"+336399801{at:02d}" for at in range(50)], [], opt_out_digests.remember

    def watched(connection: Any, account: str, numbers: Sequence[str], **more: Any) -> None:
        together.append(len(numbers))
        remember(connection, account, numbers, **more)

    monkeypatch.setattr(opt_out_digests, "remember", watched)
    monkeypatch.setattr(opt_out_digests, "_BLOCK", 20, raising=False)
    for _ in range(2):
        store.opt_out_digests.add("sms-sb00001-1", everyone)
    assert together == [20, 20, 10] * 2
    assert store.opt_out_digests.unknown("sms-sb00001-1", [*everyone, OTHER]) == [OTHER]
