"""The queue of callbacks: each is stored once and worked off once, and every call is counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.errors import OvhSmsError
from ovh_sms.store import callbacks as callbacks_module
from ovh_sms.store import database
from ovh_sms.store.callback_records import REPLY, STOP, Callback
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store

ACCOUNT, OTHER = "sms-sb00001-1", "sms-sb00001-2"
PERSON = "+33639980001"
TODAY = datetime.now(UTC).date() - timedelta(days=1)


def a_reply(at: int, account: str = ACCOUNT) -> Callback:
    return Callback(key=f"{account}{at}", account=account, kind=REPLY, ovh_id=str(at))


def a_stop(number: str | None = PERSON) -> Callback:
    return Callback(key=f"stop{number}", account=ACCOUNT, kind=STOP, number=number)


def counted(store: Store, account: str | None = None) -> dict[tuple[str, str, str], int]:
    found: Counter[tuple[str, str, str]] = Counter()
    for each in store.callbacks.counts(TODAY, account=account):
        found[each.account, each.kind, each.result] += each.calls
    return dict(found)


def test_a_callback_comes_back_as_it_was_stored(store: Store) -> None:
    receipt = Callback(key="r", account=ACCOUNT, kind="receipt", ovh_id="41", delivery_receipt=1, ptt=4)
    assert store.callbacks.receive([receipt, a_stop(), a_reply(1), a_reply(1, OTHER)]) == 4
    assert store.callbacks.to_handle(ACCOUNT, "receipt") == [receipt]
    assert store.callbacks.to_handle(ACCOUNT, STOP) == [a_stop()]
    assert store.callbacks.to_handle(ACCOUNT, REPLY) == [a_reply(1)]


def test_a_repeated_callback_is_stored_once_and_counted_as_repeated(store: Store) -> None:
    assert store.callbacks.receive([a_reply(1), a_reply(1), a_reply(2)]) == 2
    assert store.callbacks.receive([a_reply(1), a_reply(3)]) == 1
    store.callbacks.handled([a_reply(1).key])
    assert store.callbacks.receive([a_reply(1)]) == 0
    assert store.callbacks.to_handle(ACCOUNT, REPLY) == [a_reply(2), a_reply(3)]
    assert counted(store) == {(ACCOUNT, REPLY, "stored"): 3, (ACCOUNT, REPLY, "repeated"): 3}


def test_refused_calls_are_counted_and_nothing_else_is_kept_of_them(store: Store) -> None:
    refused = {("", "", "forged"): 3, (ACCOUNT, REPLY, "malformed"): 2}
    store.callbacks.receive([], refused)
    store.callbacks.receive([a_reply(1)], refused)
    assert counted(store)[("", "", "forged")] == 6
    assert counted(store, ACCOUNT) == {(ACCOUNT, REPLY, "malformed"): 4, (ACCOUNT, REPLY, "stored"): 1}


def test_the_number_of_a_stop_is_gone_once_it_is_worked_off(store: Store) -> None:
    store.callbacks.receive([a_stop()])
    store.callbacks.handled([a_stop().key])
    assert store.callbacks.to_handle(ACCOUNT, STOP) == []
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT number FROM ovh_sms_callbacks")).scalars().all() == [None]


def test_an_erased_person_stays_opted_out_although_the_stop_is_not_worked_off(store: Store) -> None:
    store.callbacks.receive([a_stop(), a_stop("+33639980002")])
    store.personal_data.ask_to_erase(PERSON)
    assert {each.number for each in store.callbacks.to_handle(ACCOUNT, STOP)} == {None, "+33639980002"}
    (digest,) = PersonDigester(store.identity.secret()).of_numbers([PERSON])
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT digest FROM ovh_sms_opt_out_digests")).scalars().all() == [digest]


def test_retention_takes_numbers_and_forgets_old_callbacks(store: Store) -> None:
    store.callbacks.receive([a_stop(), a_reply(1)])
    later = store.clock.now() + timedelta(days=1)
    store.personal_data.purge_replies(later)
    assert [each.number for each in store.callbacks.to_handle(ACCOUNT, STOP)] == [None]
    assert store.callbacks.forget(later) == 0, "they wait"
    store.callbacks.handled([a_stop().key, a_reply(1).key])
    assert store.callbacks.forget(later - timedelta(days=2)) == 0
    assert store.callbacks.forget(later) == 2


def test_writers_at_once_store_each_callback_once(url: str, store: Store) -> None:
    def write() -> None:
        own = Store(url)
        for start in range(0, 100, 10):
            own.callbacks.receive([a_reply(at) for at in range(start, start + 10)], {("", "", "forged"): 1})
        own.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(store.callbacks.to_handle(ACCOUNT, REPLY)) == 100
    found = counted(store)
    assert found == {(ACCOUNT, REPLY, "stored"): 100, (ACCOUNT, REPLY, "repeated"): 300, ("", "", "forged"): 40}


DAY = timedelta(days=1)


def test_a_secret_ends_by_itself_unless_it_is_kept(url: str) -> None:
    clock = FakeClock()
    store = new_store(url, clock=clock)
    secrets, began = store.callback_secrets, clock.now()
    secrets.add(ACCOUNT, "shown", began + 7 * DAY)
    secrets.add(ACCOUNT, "shown", began + 99 * DAY)
    secrets.add(ACCOUNT, "other", began + 7 * DAY)
    secrets.add(OTHER, "of another account", began + 7 * DAY)
    clock.advance(DAY.total_seconds())
    secrets.keep(ACCOUNT, ["shown", "of another account"], read_at=clock.now(), ends_at=clock.now() + 7 * DAY)
    clock.advance(6.5 * DAY.total_seconds())
    assert [each.digest for each in secrets.valid()] == ["shown"]
    clock.advance(DAY.total_seconds())
    assert secrets.valid() == []
    secrets.keep(ACCOUNT, ["shown"], read_at=clock.now(), ends_at=clock.now() + 7 * DAY)
    assert [each.digest for each in secrets.valid()] == ["shown"], "OVH's settings hold it again"
    store.close()


def test_others_end_at_a_moment_but_those_that_are_being_set(url: str) -> None:
    clock = FakeClock()
    store = new_store(url, clock=clock)
    secrets, began = store.callback_secrets, clock.now()
    for each in ("old", "new"):
        secrets.add(ACCOUNT, each, began + 7 * DAY)
    secrets.keep(ACCOUNT, ["old", "new"], read_at=began, ends_at=began + 7 * DAY)
    secrets.add(ACCOUNT, "being set", began + 7 * DAY)
    assert secrets.end_others(ACCOUNT, ["new"], read_at=began, ends_at=began + 9 * DAY) == 1
    assert {each.ends_at for each in secrets.valid()} == {began + 7 * DAY}, "an earlier end stays"
    assert secrets.end_others(ACCOUNT, ["new"], read_at=began, ends_at=began) == 1
    assert {each.digest for each in secrets.valid()} == {"new", "being set"}
    clock.advance(3_601)
    assert secrets.end_others(ACCOUNT, ["new"], read_at=clock.now(), ends_at=clock.now()) == 1
    assert [each.digest for each in secrets.valid()] == ["new"]
    assert (secrets.forget(OTHER), len(secrets.of(ACCOUNT)), secrets.forget(ACCOUNT)) == (0, 3, 3)
    secrets.keep(ACCOUNT, ["new"], read_at=clock.now(), ends_at=clock.now() + 7 * DAY)
    assert secrets.valid() == []
    store.close()


def test_what_was_read_before_changes_nothing_that_a_later_read_has_found(url: str) -> None:
    clock = FakeClock()
    store = new_store(url, clock=clock)
    secrets, early = store.callback_secrets, clock.now()
    for each in ("old", "new"):
        secrets.add(ACCOUNT, each, early + 7 * DAY)
    clock.advance(60)
    late = clock.now()
    secrets.keep(ACCOUNT, ["new", "old"], read_at=late, ends_at=late + 7 * DAY)
    secrets.end_others(ACCOUNT, ["new"], read_at=late, ends_at=late)
    secrets.keep(ACCOUNT, ["old"], read_at=early, ends_at=early + 7 * DAY)
    secrets.end_others(ACCOUNT, ["old"], read_at=early, ends_at=early)
    assert [each.digest for each in secrets.valid()] == ["new"]
    store.close()


def test_waiting_callbacks_are_counted_and_dropped_by_account(store: Store) -> None:
    store.callbacks.receive([a_reply(1), a_stop(), a_reply(1, OTHER), a_reply(2, OTHER)])
    store.callbacks.handled([a_stop().key])
    assert store.callbacks.waiting() == {ACCOUNT: 1, OTHER: 2}
    assert store.callbacks.drop(OTHER, before=store.clock.now() - DAY) == 0
    assert store.callbacks.drop(OTHER) == 2
    assert store.callbacks.waiting() == {ACCOUNT: 1}


def test_receipts_are_worked_off_and_forgotten_in_several_transactions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks_module, "_BLOCK", 3)
    receipts = [Callback(key=f"r{at}", account=ACCOUNT, kind="receipt", delivery_receipt=1) for at in range(7)]
    store.callbacks.receive([*receipts, a_reply(1)])
    today = store.clock.now().date()
    assert (store.callbacks.handle_receipts(ACCOUNT), store.callbacks.handle_receipts(ACCOUNT)) == (7, 0)
    assert store.callbacks.receive(receipts) == 0
    assert (store.callbacks.receipts(ACCOUNT, today - DAY), store.callbacks.receipts(OTHER, today - DAY)) == (7, 0)
    assert store.callbacks.forget(store.clock.now() + DAY) == 7
    assert store.callbacks.waiting() == {ACCOUNT: 1}


def test_some_waiting_callbacks_may_be_skipped(store: Store) -> None:
    store.callbacks.receive([a_reply(1)])
    store.callbacks.receive([a_reply(2)])
    assert store.callbacks.to_handle(ACCOUNT, REPLY, skip=1) == [a_reply(2)]
    (first,) = store.callbacks.to_handle(ACCOUNT, REPLY, limit=1)
    assert first.received_at is not None
    assert store.clock.now() - first.received_at < DAY


@pytest.mark.parametrize("number", range(1, 3))
def test_blocks_are_listed_from_the_earliest_on(store: Store, number: int) -> None:
    store.callbacks.receive([a_reply(1)])
    store.callbacks.receive([a_reply(2)])
    assert store.callbacks.to_handle(ACCOUNT, REPLY, limit=number) == [a_reply(1), a_reply(2)][:number]


def test_a_results_file_may_be_replaced_once_callbacks_have_ceased(tmp_path: Path) -> None:
    store, other = new_store(tmp_path / "results.sqlite"), new_store(tmp_path / "restored.sqlite")
    store.callbacks.receive([a_reply(1)])
    store.callbacks.rest()
    assert not (tmp_path / "results.sqlite-wal").exists()
    other.close()
    (tmp_path / "restored.sqlite").replace(tmp_path / "results.sqlite")
    assert store.callbacks.receive([a_reply(2)]) == 1
    assert store.callbacks.to_handle(ACCOUNT, REPLY) == [a_reply(2)]
    store.close()


def test_a_connection_is_kept_for_some_seconds_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    connect = database._connect
    monkeypatch.setattr(database, "_connect", lambda engine: opened.append(engine) or connect(engine))
    store = new_store(tmp_path / "results.sqlite")
    store.callbacks.receive([a_reply(1)])
    opened.clear()
    store.callbacks.receive([a_reply(2)])
    assert not opened
    monkeypatch.setattr(store.database._kept, "until", time.monotonic() - 1)
    store.callbacks.receive([a_reply(3)])
    assert len(opened) == 1
    store.close()


def test_after_a_failed_transaction_the_next_one_has_a_connection_of_its_own(store: Store) -> None:
    too_long = Callback(key="k" * 33, account="a" * 65, kind="receipt", ovh_id="1")
    with pytest.raises(RuntimeError), store.database.writing_often():
        raise RuntimeError
    if store.database.engine.dialect.name == "postgresql":  # SQLite keeps texts of any length
        with pytest.raises(OvhSmsError, match="refused 1 rows"):
            store.callbacks.receive([too_long])
    assert store.callbacks.receive([a_reply(1)]) == 1
