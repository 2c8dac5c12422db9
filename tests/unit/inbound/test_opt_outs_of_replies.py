"""People who opt out by a reply are published like those on OVH's list: once, with the run that they answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.opt_outs import collect_opt_outs
from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.sending.opt_out_file import publish_opt_outs
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.store import Store
from ovh_sms.store.suppressed import OPT_OUT, SuppressedNumber
from support.answered_runs import delivered, people, pull_replies, reply, send_run
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from support.stores import new_store
from unit.store.test_inbound import ACCOUNT, PERSON, a_reply

SECRET = "a secret of the shop and its CRM"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def empty(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


def a_stop(store: Store, at: int = 1, **changes: object) -> InboundMessage:
    return a_reply(at, **{"action": "opt_out", "received_at": store.clock.now(), **changes})


def of_list(store: Store, number: str = PERSON, **changes: object) -> SuppressedNumber:
    """The same person as OVH's list has them."""
    (digest,) = PersonDigester(store.identity.secret()).of_numbers([number])
    given = {"account": ACCOUNT, "digest": digest, "reason": OPT_OUT, "since": store.clock.now(), "number": number}
    return SuppressedNumber(**{**given, **changes})  # type: ignore[arg-type]


def rows(store: Store) -> list[SuppressedNumber]:
    return list(store.suppressed.published())


def test_who_opts_out_by_a_reply_is_in_table_and_file_once_with_the_run(empty: Store, clock: FakeClock) -> None:
    first = a_stop(empty, keyword="plus jamais")
    empty.inbound.save(ACCOUNT, [first, a_stop(empty, 2, received_at=clock.now() + timedelta(hours=1)), a_reply(3)])
    empty.inbound.save(ACCOUNT, [a_stop(empty, 4, run_id="manual__2", tag="t2")])
    (row,) = rows(empty)
    assert (row.number, row.number_hash, row.reason, row.since) == (PERSON, None, "opt_out", first.received_at)
    assert (row.campaign, row.dag_id, row.run_id, row.tag) == ("spring", "sms_campaign_spring", "manual__1", "t1")
    made = publish_opt_outs(empty, writer={"task": "t1"})
    assert made.counts == {"opt_out": 1}
    assert pq.read_table(made.path).column("number").to_pylist() == [PERSON]


def test_a_reply_to_no_known_run_is_published_without_one_until_a_later_one_names_it(empty: Store) -> None:
    unknown = {"campaign": None, "dag_id": None, "run_id": None, "tag": "another program's"}
    empty.inbound.save(ACCOUNT, [a_stop(empty, **unknown)])
    assert [(each.campaign, each.tag) for each in rows(empty)] == [(None, None)]
    empty.inbound.save(ACCOUNT, [a_stop(empty, 2)])
    assert [(each.campaign, each.tag) for each in rows(empty)] == [("spring", "t1")]


def test_a_sender_that_is_no_number_is_published_nowhere(empty: Store) -> None:
    empty.inbound.save(ACCOUNT, [a_stop(empty, number="INFO"), a_stop(empty, 2, number="36180")])
    assert rows(empty) == []


def test_one_whose_entry_ovh_lists_too_stays_one_person(empty: Store) -> None:
    unknown = {"campaign": None, "dag_id": None, "run_id": None, "tag": ""}
    empty.inbound.save(ACCOUNT, [a_stop(empty), a_stop(empty, 2, number="+33639980002", **unknown)])
    known = empty.suppressed.known(ACCOUNT)
    assert known == {of_list(empty).digest}, "of the other one, OVH's entry may name the message that is answered"
    entries = [of_list(empty), of_list(empty, "+33639980002", outgoing_id=7)]
    assert empty.suppressed.add_opt_outs(ACCOUNT, entries) == 0
    assert {each.number: (each.tag, each.outgoing_id) for each in rows(empty)} == {
        PERSON: ("t1", None),
        "+33639980002": (None, 7),
    }
    assert len(empty.suppressed.known(ACCOUNT)) == 2


def test_one_of_ovh_s_list_gets_the_run_of_the_reply_unless_ovh_names_the_message(empty: Store) -> None:
    empty.suppressed.add_opt_outs(ACCOUNT, [of_list(empty), of_list(empty, "+33639980002", outgoing_id=7)])
    empty.inbound.save(ACCOUNT, [a_stop(empty), a_stop(empty, 2, number="+33639980002")])
    assert {each.number: each.tag for each in rows(empty)} == {PERSON: "t1", "+33639980002": None}


def test_hashes_alone_are_kept_if_that_is_asked_for(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_NUMBER_HASH_KEY", SECRET)
    empty.inbound.save(ACCOUNT, [a_stop(empty)])
    assert [(each.number, each.number_hash) for each in rows(empty)] == [(None, number_hash(PERSON, SECRET.encode()))]
    monkeypatch.setenv("OVH_SMS_NUMBER_HASH_KEY", "short")
    with pytest.raises(ConfigurationError, match="OVH_SMS_NUMBER_HASH_KEY"):
        empty.inbound.save(ACCOUNT, [a_stop(empty, 2, number="+33639980002")])
    assert empty.opt_out_digests.has("+33639980002"), "written to no more, although nothing else is stored"
    assert len(empty.inbound.to_act(ACCOUNT)) == 1


def test_of_an_old_list_only_what_was_stored_just_now_is_compared_with_the_messages(
    empty: Store, clock: FakeClock
) -> None:
    """A list may hold a million STOPs of many years."""
    old = of_list(empty, since=clock.now() - timedelta(days=400))
    empty.suppressed.add_opt_outs(ACCOUNT, [old, of_list(empty, "+33639980002")])

    def waiting() -> int:
        now = clock.now()
        within = {"since": now - timedelta(days=30), "stored_since": now - timedelta(hours=1)}
        return len(empty.suppressed.unattributed(ACCOUNT, **within))

    found = [waiting()]
    for hours in (2, 24 * 30):
        clock.sleep(3_600 * hours)
        found.append(waiting())
    assert found == [2, 1, 0]


@pytest.mark.parametrize("by", ["reply", "list"])
def test_who_was_erased_before_comes_back_without_a_number_and_is_suppressed(
    empty: Store, clock: FakeClock, by: str
) -> None:
    at = clock.now()
    clock.sleep(3_600)
    empty.personal_data.ask_to_erase(PERSON)
    if by == "reply":
        empty.inbound.save(ACCOUNT, [a_stop(empty, received_at=at)])
    else:
        empty.suppressed.add_opt_outs(ACCOUNT, [of_list(empty, since=at, number_hash="0" * 64)])
    assert rows(empty) == []
    assert len(empty.suppressed.known(ACCOUNT)) == 1, "the row says when, and for which run"


def test_an_erasure_empties_reply_and_row_and_the_person_stays_suppressed(empty: Store) -> None:
    empty.inbound.save(ACCOUNT, [a_stop(empty)])
    erased = empty.personal_data.ask_to_erase(PERSON)
    assert (erased.replies, erased.suppressed, rows(empty)) == (1, 1, [])
    assert empty.opt_out_digests.has(PERSON)
    empty.inbound.save(ACCOUNT, [a_stop(empty, 2)])
    assert rows(empty) == [], "a second STOP of the same time brings nothing back"


def test_a_stop_by_reply_that_ovh_lists_too_counts_once_and_one_by_keyword_is_published_alike(
    sandbox: SandboxProcess, store: Store, tmp_path: Path
) -> None:
    more = "replies:\n  keywords:\n    - {words: [plus jamais], event: opt_out}\n"
    include = tmp_path / "include"
    run = send_run(include, people(500, 20), more=more)
    stop, keyword = delivered(sandbox, run)[:2]
    reply(sandbox, stop, "STOP")
    reply(sandbox, keyword, "plus jamais")
    pull_replies(store, include)
    found = collect_opt_outs(OvhSmsHook().client, store)
    assert (found.listed, found.new) == (1, 0)
    answered = {each.number: (each.run_id, each.tag) for each in rows(store)}
    assert answered == dict.fromkeys((stop, keyword), ("manual__1", run.tags[0]))
    assert {each.receiver for each in store.opt_outs.of(run.tags[0])} == {stop, keyword}
    assert store.suppressed.answered_tags(sandbox.account_name, store.clock.now() - timedelta(days=1)) == run.tags
