"""Callbacks of the sandbox come in over HTTP and are worked off: each reply counts once, whichever way it came."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
from ovh_sms.inbound.configure_callbacks import apply_callbacks
from ovh_sms.inbound.rules import ReplyRules
from ovh_sms.inbound.work_off import WorkedOff, work_off
from ovh_sms.store.callback_records import KINDS, RECEIPT, REPLY, STOP, Callback
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.store import Store
from support.answered_runs import delivered, people, pull_replies, reply, send_run
from support.callbacks import received_an_hour_ago, taking_callbacks
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess

READ = "GET /sms/{serviceName}/incoming/{id}"


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def run(sandbox: SandboxProcess, include: Path) -> CampaignRun:
    return send_run(include, people(0, 30))


@pytest.fixture
def there(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    return delivered(sandbox, run)


@pytest.fixture
def address(sandbox: SandboxProcess, store: Store, there: list[str]) -> Iterator[str]:
    """The package's own addresses, which OVH is to call from now on."""
    sandbox.features(callback_spelling="guide", callback_retries=[0.2], callbacks_lost=0.0, callbacks_doubled=0.0)
    client = OvhSmsHook().client
    with taking_callbacks(store) as address:
        apply_callbacks(client, store, plan_callbacks(client, store, WantedCallbacks(url=address)))
        yield address
        apply_callbacks(client, store, plan_callbacks(client, store, WantedCallbacks(url=None)))


def called(sandbox: SandboxProcess, number: int) -> None:
    """Wait until OVH has made so many callbacks of this account, and all were answered."""

    def all_over() -> bool:
        every = sandbox.ask("GET", "/callbacks", account=sandbox.account_name)
        return len(every) >= number and all(each["over"] for each in every)

    sandbox.wait_until(all_over)


def handle(store: Store, include: Path) -> WorkedOff:
    return work_off(OvhSmsHook().client, store, ReplyRules(include / "campaigns"))


def test_replies_by_callback_are_the_very_rows_of_the_pull(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    for person, said in zip(there, ("oui, merci", "Je ne sais pas", "STOP"), strict=False):
        reply(sandbox, person, said)
    called(sandbox, 4)
    done = handle(store, include)
    assert (done.replies, done.new, done.stop_calls, done.opt_outs) == (3, 3, 1, 1)
    assert done.by_action == {"confirmed": 1, "inbox": 1, "opt_out": 1}
    by_callback = {each.inbound_id: each for each in store.inbound.page(InboundFilter())}
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ovh_sms_inbound"))
    assert pull_replies(store, include).new == 3
    assert {each.inbound_id: each for each in store.inbound.page(InboundFilter())} == by_callback


@pytest.mark.parametrize("first", ["callback", "pull"])
def test_a_reply_that_comes_both_ways_counts_once(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str], first: str
) -> None:
    reply(sandbox, there[0], "OUI")
    called(sandbox, 1)
    ways = [lambda: handle(store, include).new, lambda: pull_replies(store, include).new]
    found = [each() for each in (ways if first == "callback" else reversed(ways))]
    assert found == [1, 0]
    assert store.inbound.count(InboundFilter()) == 1


def test_lost_and_doubled_callbacks_change_no_result(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    sandbox.features(callbacks_lost=0.4, callbacks_doubled=0.4)
    for at, person in enumerate(there[:20]):
        reply(sandbox, person, "OUI" if at % 2 else "NON")
    called(sandbox, 20)
    fates = [each["fate"] for each in sandbox.ask("GET", "/callbacks", account=sandbox.account_name)]
    assert {"lost", "doubled"} <= set(fates)
    by_callback = handle(store, include).new
    assert by_callback == len(fates) - fates.count("lost")
    assert pull_replies(store, include).new == fates.count("lost")
    assert store.inbound.count_by_keyword(InboundFilter()) == {"NON": 10, "OUI": 10}
    counts = {each.result: each.calls for each in store.callbacks.counts(store.clock.now().date())}
    assert counts["repeated"] == fates.count("doubled")


def test_a_callback_that_somebody_invents_brings_no_reply(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    found = OvhSmsHook().client.callbacks.read()
    forged = {found["smsResponse"]["cgiUrl"]: "id=999&message=OUI", found["stopCallBack"]: f"number={there[5][1:]}"}
    for url, form in forged.items():
        urllib.request.urlopen(f"{url}?{form}", timeout=30).close()
    done = handle(store, include)
    assert (done.left, done.new, done.opt_outs) == (2, 0, 0)
    assert store.inbound.count(InboundFilter()) == 0
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ovh_sms_opt_out_digests")).scalar() == 0


def test_a_stop_by_callback_leaves_its_owner_out_of_the_next_list(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    reply(sandbox, there[0], "STOP")
    called(sandbox, 2)
    handle(store, include)
    (digest,) = PersonDigester(store.identity.secret()).of_numbers([there[0]])
    with store.database.reading() as connection:
        assert digest in connection.execute(text("SELECT digest FROM ovh_sms_opt_out_digests")).scalars().all()


def test_without_a_callback_ovh_is_not_called(sandbox: SandboxProcess, store: Store, include: Path) -> None:
    sandbox.reset_calls()
    assert handle(store, include).new == 0
    assert sandbox.calls()["total"] == 0


def test_many_replies_take_few_calls(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    for at in range(250):
        reply(sandbox, there[at % len(there)], f"message {at}")
    called(sandbox, 250)
    sandbox.reset_calls()
    assert handle(store, include).new == 250
    assert sandbox.calls(READ) == 3


class Killed(BaseException):
    """The task is no more."""


BOUNDARIES = [
    ("inbound", "save"),
    ("callbacks", "handled"),
    ("opt_out_digests", "add"),
    ("callbacks", "handle_receipts"),
    ("callbacks", "forget"),
    ("inbound", "acted"),
]


def test_a_task_that_is_killed_at_any_boundary_loses_and_doubles_nothing(
    sandbox: SandboxProcess,
    store: Store,
    include: Path,
    address: str,
    there: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = expected = 0
    leaving: set[str] = set()
    for at, (part, name) in enumerate([each for each in BOUNDARIES for _ in ("before", "after")]):
        reply(sandbox, there[2 * at % 20], f"message {at}")
        person = there[20 + at % 5]
        reply(sandbox, person, f"other {at}" if at % 3 else "STOP")
        leaving |= set() if at % 3 else {person}
        expected += 2 if at % 3 else 3
        called(sandbox, expected)
        repository = getattr(store, part)
        true, when = getattr(repository, name), ("before", "after")[at % 2]

        def dying(*given: Any, true: Any = true, when: str = when, **more: Any) -> None:
            if when == "after":
                true(*given, **more)
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(repository, name, dying)
            try:
                handle(store, include)
            except Killed:
                killed += 1
        handle(store, include)
        assert store.callbacks.waiting() == {}
    assert killed >= 8
    said = [each["text"] for each in sandbox.replies(account=sandbox.account_name)]
    stored = [each.text for each in store.inbound.page(InboundFilter())]
    assert sorted(stored) == sorted(said)
    assert pull_replies(store, include).new == 0
    digests = PersonDigester(store.identity.secret()).of_numbers(sorted(leaving))
    with store.database.reading() as connection:
        known = connection.execute(text("SELECT digest FROM ovh_sms_opt_out_digests")).scalars().all()
    assert set(digests) <= set(known)


@pytest.mark.parametrize("way", ["callback", "pull"])
def test_a_reply_that_ovh_lists_late_is_found_by_callback_within_an_hour_and_by_pull_later(
    sandbox: SandboxProcess,
    store: Store,
    include: Path,
    address: str,
    there: list[str],
    request: pytest.FixtureRequest,
    way: str,
) -> None:
    sandbox.features(late_replies=3_600)
    try:
        reply(sandbox, there[0], "OUI")
        called(sandbox, 1)
        first = handle(store, include)
        assert (first.new, first.replies, first.left) == (0, 0, 1)
    finally:
        sandbox.features(late_replies=0)
    if way == "pull":
        received_an_hour_ago(store)
        late = handle(store, include)
        assert (late.new, late.replies, late.left) == (0, 1, 0)
    sandbox.clock(leap=3_600)
    request.addfinalizer(lambda: sandbox.clock(leap=-3_600))
    assert handle(store, include).new == (way == "callback")
    assert pull_replies(store, include).new == (way == "pull")


def test_a_reply_that_cannot_be_read_holds_no_other_up_and_is_left_to_the_pull(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, there: list[str]
) -> None:
    broken = [reply(sandbox, person, "OUI") for person in there[:3]][1]["id"]
    called(sandbox, 3)
    sandbox.features(broken_replies={str(broken): "types"})
    try:
        assert handle(store, include).new == 2
        assert list(store.inbound.unreadable(sandbox.account_name)) == [broken]
    finally:
        sandbox.features(broken_replies={})
    assert pull_replies(store, include).new == 1


def test_delivery_receipts_are_counted_and_worked_off(
    sandbox: SandboxProcess, store: Store, include: Path, address: str, run: CampaignRun
) -> None:
    again = send_run(include, people(100, 10), name="again", run_id="manual__2")
    sent = [each for tag in (*run.tags, *again.tags) for each in sandbox.messages(tag, account=sandbox.account_name)]
    waiting = sum(each["delivery_receipt"] != each["final_receipt"] for each in sent)
    sandbox.clock(advance=3 * 86_400)
    called(sandbox, waiting)
    assert handle(store, include).receipts == waiting >= 10
    counts = {(each.kind, each.result): each.calls for each in store.callbacks.counts(store.clock.now().date())}
    assert counts[RECEIPT, "stored"] == waiting
    assert all(not store.callbacks.to_handle(sandbox.account_name, kind) for kind in KINDS)


def test_callbacks_of_another_account_stay_in_the_queue(store: Store, include: Path, sandbox: SandboxProcess) -> None:
    other = Callback(key="o", account="sms-other-1", kind=STOP, number="+33639980001")
    store.callbacks.receive([other, replace(other, key="p", kind=REPLY, ovh_id="1", number=None)])
    assert handle(store, include).stop_calls == 0
    assert len(store.callbacks.to_handle("sms-other-1", STOP)) == 1


def test_neither_a_number_nor_a_text_is_logged(
    sandbox: SandboxProcess,
    store: Store,
    include: Path,
    address: str,
    there: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    reply(sandbox, there[0], "une phrase à garder")
    called(sandbox, 1)
    handle(store, include)
    secret = OvhSmsHook().client.callbacks.read()["callBack"].split("/")[-2]
    shown = json.dumps([record.getMessage() for record in caplog.records], ensure_ascii=False)
    assert "callbacks account=" in shown
    for private in (there[0][1:], "phrase", secret):
        assert private not in shown
