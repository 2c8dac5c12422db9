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


def test_old_and_new_secret_are_valid_together_until_the_old_one_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    secrets = store.callback_secrets
    secrets.add(ACCOUNT, "old")
    secrets.add(ACCOUNT, "old")
    secrets.add(ACCOUNT, "new")
    assert secrets.end(ACCOUNT, ["old"], clock.now() + timedelta(days=7)) == 1
    assert secrets.end(ACCOUNT, ["old"], clock.now() + timedelta(days=90)) == 0, "an end that is set stays"
    assert secrets.end(OTHER, ["new"], clock.now()) == 0, "of another account"
    assert {each.digest for each in secrets.valid()} == {"old", "new"}
    clock.sleep(timedelta(days=8).total_seconds())
    assert {each.digest for each in secrets.valid()} == {"new"}
    store.close()


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
