"""A STOP that OVH has called about is not lost, also if OVH's own list holds it later."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.errors import ApiError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound import work_off as module
from ovh_sms.inbound.opt_outs import collect_opt_outs
from ovh_sms.inbound.rules import ReplyRules
from ovh_sms.inbound.work_off import WorkedOff, work_off
from ovh_sms.store.callback_records import REPLY, STOP, Callback
from ovh_sms.store.store import Store
from support.airflow_task import connection
from support.callbacks import received_an_hour_ago
from support.sandbox import SandboxProcess

PERSON, OTHER = "+33639980001", "+33639980002"
LIST, READ = "GET /sms/{serviceName}/blacklists", "GET /sms/{serviceName}/incoming/{id}"


def call(store: Store, sandbox: SandboxProcess, number: str | None = PERSON) -> None:
    store.callbacks.receive([Callback(key=f"s{number}", account=sandbox.account_name, kind=STOP, number=number)])


def handle(store: Store) -> WorkedOff:
    return work_off(OvhSmsHook().client, store, ReplyRules(None))


def left_out(store: Store) -> set[str]:
    (first, second) = PersonDigester(store.identity.secret()).of_numbers([PERSON, OTHER])
    with store.database.reading() as connection:
        found = connection.execute(text("SELECT digest FROM ovh_sms_opt_out_digests")).scalars().all()
    return {number for number, digest in ((PERSON, first), (OTHER, second)) if digest in found}


def numbers_in_queue(store: Store) -> list[str]:
    with store.database.reading() as connection:
        query = text("SELECT number FROM ovh_sms_callbacks WHERE number IS NOT NULL")
        return list(connection.execute(query).scalars())


def test_a_stop_that_is_not_on_the_list_yet_is_read_again(sandbox: SandboxProcess, store: Store) -> None:
    call(store, sandbox)
    done = handle(store)
    assert (done.stop_calls, done.opt_outs, done.left, left_out(store)) == (0, 0, 1, set())
    sandbox.block(PERSON)
    done = handle(store)
    assert (done.stop_calls, done.opt_outs, done.left, left_out(store)) == (1, 1, 0, {PERSON})
    assert numbers_in_queue(store) == []


def test_a_stop_that_is_not_on_the_list_for_an_hour_is_left_to_the_opt_outs(
    sandbox: SandboxProcess, store: Store
) -> None:
    call(store, sandbox)
    received_an_hour_ago(store)
    done = handle(store)
    assert (done.stop_calls, done.left, left_out(store), numbers_in_queue(store)) == (1, 0, set(), [])
    sandbox.block(PERSON)
    sandbox.reset_calls()
    assert handle(store).stop_calls == 0
    assert sandbox.calls(LIST) == 0
    collect_opt_outs(OvhSmsHook().client, store)
    assert left_out(store) == {PERSON}


def test_a_late_stop_holds_no_other_up(sandbox: SandboxProcess, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 1)
    for number in (PERSON, OTHER):
        call(store, sandbox, number)
    sandbox.block(OTHER)
    done = handle(store)
    assert (done.stop_calls, done.left, left_out(store)) == (1, 1, {OTHER})


def test_a_stop_without_a_number_is_that_of_people_new_on_the_list(sandbox: SandboxProcess, store: Store) -> None:
    sandbox.block(OTHER)
    collect_opt_outs(OvhSmsHook().client, store)
    call(store, sandbox, None)
    assert handle(store).left == 1
    sandbox.block(PERSON)
    done = handle(store)
    assert (done.stop_calls, done.opt_outs, done.left, left_out(store)) == (1, 1, 0, {PERSON, OTHER})


def test_what_ovh_never_lists_is_read_in_bounded_numbers(
    sandbox: SandboxProcess, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.MOST_LEFT, REPLY, 2)
    invented = [Callback(key=f"r{at}", account=sandbox.account_name, kind=REPLY, ovh_id=str(at)) for at in range(5)]
    store.callbacks.receive(invented)
    done = handle(store)
    assert (done.replies, done.left) == (3, 2)
    sandbox.reset_calls()
    received_an_hour_ago(store)
    assert (handle(store).replies, handle(store).replies) == (2, 0)
    assert sandbox.calls(READ) == 3, "two in one call, then each by itself"


def test_several_replies_that_cannot_be_read_hold_up_neither_others_nor_a_stop(
    sandbox: SandboxProcess, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sandbox.account_name
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, read_retry_seconds=0))
    about = {"receiver": OTHER, "account": account, "unasked": True}
    *broken, _ = ids = [
        sandbox.ask("POST", "/replies", {**about, "text": text})["id"] for text in ("a", "b", "c", "d", "Qui ?")
    ]
    store.callbacks.receive(
        [Callback(key=f"r{at}", account=account, kind=REPLY, ovh_id=str(each)) for at, each in enumerate(ids)]
    )
    sandbox.block(PERSON)
    call(store, sandbox)
    # Read one by one, three in a row that fail end the reading.
    sandbox.features(batch_header=False, broken_replies={str(each): "error" for each in broken})
    try:
        with pytest.raises(ApiError):
            handle(store)
        assert left_out(store) == {PERSON}
        assert handle(store).by_action == {"inbox": 1}
    finally:
        sandbox.features(batch_header=True, broken_replies={})
    assert set(store.inbound.unreadable(account)) == set(broken)
    assert store.callbacks.waiting() == {}
