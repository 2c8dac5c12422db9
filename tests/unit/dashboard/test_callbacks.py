"""The addresses that OVH calls, on a real server: what is good is stored before the answer, all else is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from ovh_sms.dashboard.headers import HEADERS
from ovh_sms.inbound.callback_addresses import digest_of
from ovh_sms.store.callback_records import KINDS, RECEIPT, REPLY, STOP
from ovh_sms.store.store import Store
from support.callback_attacks import FORM, GOOD, Attack, attacks, private, send_raw
from support.callbacks import taking_callbacks, valid_secret
from support.stores import new_store

ACCOUNT = "sms-sb00001-1"
GOOD_REPLY = {"shortcode": "38100", "tag": "t", "id": "7", "senderid": "+33639980001", "message": "yes"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_store(tmp_path_factory.mktemp("callbacks") / "results.sqlite")
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    with taking_callbacks(store) as address:
        yield address


@pytest.fixture(scope="module")
def secret(store: Store) -> str:
    return valid_secret(store, ACCOUNT)


@pytest.fixture(autouse=True)
def _nothing_waits(store: Store) -> None:
    for account in (ACCOUNT, "sms-rotated-1"):
        store.callbacks.drop(account)


def url(address: str, secret: str, path: str = "replies") -> str:
    return f"{address}/ovh-sms-callbacks/{secret}/{path}"


def counts(store: Store) -> dict[tuple[str, str, str], int]:
    today = datetime.now(UTC).date()
    return {(each.account, each.kind, each.result): each.calls for each in store.callbacks.counts(today)}


def stored(store: Store) -> int:
    return sum(len(store.callbacks.to_handle(ACCOUNT, kind)) for kind in KINDS)


def wait_for(check: Any) -> None:
    ends = time.monotonic() + 20
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.parametrize("attack", list(attacks()), ids=str)
def test_what_must_be_refused_is_refused_counted_and_not_stored(
    address: str, store: Store, secret: str, attack: Attack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    before = counts(store)
    assert send_raw(address, attack, secret) in attack.statuses
    assert stored(store) == 0
    if attack.result:

        def grown() -> dict[str, int]:
            after = counts(store)
            return {key[2]: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}

        wait_for(grown)
        assert grown() == {attack.result: 1}
    shown = " ".join(record.getMessage() for record in caplog.records).lower()
    assert not [each for each in private(secret) if each in shown]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("receipts", {"id": "41", "ptt": "4", "date": "2026-11-30 12:00:00", "description": "1"}),
        ("replies", {"shortcode": "38100", "tag": "t", "id": "7", "senderid": "+33639980001", "message": "é €"}),
        ("opt-outs", {"number": "+33639980001", "date": "2026-11-30 12:00:00"}),
    ],
)
def test_a_call_is_stored_before_it_is_answered_and_a_repeated_one_is_answered_too(
    address: str, store: Store, secret: str, method: str, path: str, form: dict[str, str]
) -> None:
    how: dict[str, Any] = {"params": form} if method == "GET" else {"data": form}
    for _ in range(2):
        answer = requests.request(method, url(address, secret, path), timeout=30, **how)
        assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
        assert stored(store) == 1


def test_every_answer_has_the_headers_of_a_strict_policy(address: str, secret: str) -> None:
    given = {"replies": 200, "receipts/more": 404, "nowhere": 404}
    for path, status in given.items():
        answer = requests.post(url(address, secret, path), data=GOOD_REPLY, timeout=30)
        assert answer.status_code == status
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    refused = requests.put(url(address, secret), timeout=30)
    assert refused.status_code == 405
    assert {name: refused.headers.get(name) for name in HEADERS} == HEADERS


def test_a_body_of_16_kib_is_taken(address: str, store: Store, secret: str) -> None:
    body = b"id=1&message=" + b"a" * (16 * 1024 - 13)
    answer = requests.post(
        url(address, secret), data=body, headers={"Content-Type": f"{FORM}; charset=utf-8"}, timeout=30
    )
    assert (answer.status_code, stored(store)) == (200, 1)


def test_the_access_log_of_the_server_says_what_was_called_without_secret_and_number(
    address: str, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="uvicorn.access")
    requests.post(f"{url(address, secret)}?{GOOD}", timeout=30)
    requests.get(f"{address}/{secret}", timeout=30)
    requests.get(f"{address}/ovh-sms-callbacks/", params={"x": url(address, secret)}, timeout=30)
    requests.get(f"{address}/other", params={"next": url(address, secret)}, timeout=30)
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert len(lines) == 4, lines
    assert "/ovh-sms-callbacks/" in lines[0]
    assert "/replies" in lines[0]
    assert not [each for each in private(secret) if each in " ".join(lines).lower()]


def test_a_new_secret_counts_within_seconds_and_the_old_one_until_it_ends(address: str, store: Store) -> None:
    account = "sms-rotated-1"
    old = valid_secret(store, account)
    wait_for(lambda: requests.post(url(address, old), data={"id": "1"}, timeout=30).status_code == 200)
    new = valid_secret(store, account)
    began = time.monotonic()
    wait_for(lambda: requests.post(url(address, new), data={"id": "2"}, timeout=30).status_code == 200)
    assert time.monotonic() - began < 3
    ends = datetime.now(UTC) + timedelta(seconds=2)
    of_old = [digest_of(old, store.identity.secret())]
    store.callback_secrets.keep(account, of_old, read_at=datetime.now(UTC), ends_at=ends)
    with taking_callbacks(store) as fresh:  # a server that starts between the two
        assert requests.post(url(fresh, old), data={"id": "3"}, timeout=30).status_code == 200
        assert requests.post(url(fresh, new), data={"id": "4"}, timeout=30).status_code == 200
        time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()))
        forged = counts(store).get(("", "", "forged"), 0)
        assert requests.post(url(fresh, old), data={"id": "5"}, timeout=30).status_code == 404
        wait_for(lambda: counts(store).get(("", "", "forged"), 0) == forged + 1)
        assert requests.post(url(fresh, new), data={"id": "6"}, timeout=30).status_code == 200
    assert {each.ovh_id for each in store.callbacks.to_handle(account, REPLY)} == {"1", "2", "3", "4", "6"}


def test_forged_calls_read_the_results_once_a_second(
    address: str, store: Store, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[float] = []
    valid = store.callback_secrets.valid
    monkeypatch.setattr(store.callback_secrets, "valid", lambda: reads.append(time.monotonic()) or valid())
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: requests.get(url(address, f"x{at}"), timeout=30).status_code, range(200)))
    assert set(found) == {404}
    assert len(reads) <= time.monotonic() - began + 1


def test_callbacks_at_once_are_stored_once_each_in_few_transactions(
    address: str, store: Store, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    receive = store.callbacks.receive

    def counting(rows: Any, refused: Any = None) -> int:
        written.append(len(rows))
        return receive(rows, refused)

    monkeypatch.setattr(store.callbacks, "receive", counting)
    with ThreadPoolExecutor(16) as pool:
        ids = [at // 2 for at in range(400)]
        found = list(pool.map(lambda at: requests.post(url(address, secret), data={"id": at}, timeout=30), ids))
    assert {each.status_code for each in found} == {200}
    assert stored(store) == 200
    assert sum(written) == 400
    assert len(written) < 400


def test_results_that_cannot_be_written_are_answered_by_503_and_nothing_hangs(
    address: str, store: Store, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert requests.post(url(address, secret), data={"id": "1"}, timeout=30).status_code == 200

    def broken(rows: Any, refused: Any = None) -> int:
        raise RuntimeError(f"a row of {rows}")

    with monkeypatch.context() as patched:
        patched.setattr(store.callbacks, "receive", broken)
        answer = requests.post(url(address, secret, "opt-outs"), data={"number": "+33639980001"}, timeout=30)
    assert answer.status_code == 503
    assert (
        requests.post(url(address, secret, "opt-outs"), data={"number": "+33639980001"}, timeout=30).status_code == 200
    )
    assert len(store.callbacks.to_handle(ACCOUNT, STOP)) == 1
    wait_for(lambda: counts(store).get((ACCOUNT, STOP, "not_stored")) == 1)
    shown = " ".join(record.getMessage() for record in caplog.records)
    assert "RuntimeError" in shown
    assert "639980001" not in shown


def test_a_second_after_the_last_callback_the_results_are_one_file_again(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    with taking_callbacks(store) as address:
        secret = valid_secret(store, ACCOUNT)
        assert requests.post(url(address, secret), data={"id": "1"}, timeout=30).status_code == 200
        assert requests.post(url(address, secret), data={"id": "2"}, timeout=30).status_code == 200
        wait_for(lambda: not (tmp_path / "results.sqlite-wal").exists())
        assert requests.post(url(address, secret), data={"id": "3"}, timeout=30).status_code == 200
    assert stored(store) == 3
    store.close()


def test_results_that_cannot_be_read_are_answered_by_503(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/none.sqlite")
    with taking_callbacks(store) as address:
        answer = requests.post(url(address, "ovhcb_x", "receipts"), data={"id": "1", "dlr": "1"}, timeout=30)
    assert answer.status_code == 503


def test_answers_come_within_50_ms_while_a_task_writes(address: str, store: Store, secret: str) -> None:
    over = threading.Event()

    def other_writer() -> None:
        while not over.wait(0.05):
            store.callbacks.receive([], {(ACCOUNT, RECEIPT, "forged"): 1})

    thread = threading.Thread(target=other_writer)
    thread.start()
    session = requests.Session()
    session.post(url(address, secret), data={"id": "0"}, timeout=30)
    took = []
    for at in range(1, 101):
        began = time.perf_counter()
        assert session.post(url(address, secret), data={"id": str(at)}, timeout=30).status_code == 200
        took.append(time.perf_counter() - began)
    over.set()
    thread.join()
    assert sorted(took)[50] < 0.05
