"""Airflow's real API server takes OVH's calls, refuses all else, and logs neither secret nor number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from ovh_sms.store.callback_records import KINDS, REPLY
from ovh_sms.store.store import Store
from support.airflow_pages import AirflowPages, airflow_pages
from support.callback_attacks import GOOD, Attack, attacks, private, send_raw
from support.callbacks import valid_secret
from support.stores import new_store

ACCOUNT = "sms-sb00001-1"


@dataclass(frozen=True)
class Server:
    pages: AirflowPages
    store: Store
    secret: str
    log: Path

    def url(self, path: str = "replies") -> str:
        return f"{self.pages.address}/ovh-sms-callbacks/{self.secret}/{path}"

    def stored(self) -> int:
        return sum(len(self.store.callbacks.to_handle(ACCOUNT, kind)) for kind in KINDS)

    def logged(self, part: str) -> str:
        """The log once it has this in it."""
        ends = time.monotonic() + 20
        while part not in (found := self.log.read_text(encoding="utf-8", errors="replace")):
            assert time.monotonic() < ends, found[-2000:]
            time.sleep(0.1)
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("airflow")
    store = new_store(home / "data" / "results.sqlite")
    secret = valid_secret(store, ACCOUNT)
    with airflow_pages(home, []) as pages:
        yield Server(pages, store, secret, home / "api-server.log")
    store.close()


@pytest.fixture(autouse=True)
def _nothing_waits(server: Server) -> None:
    server.store.callbacks.drop(ACCOUNT)


def clean(shown: str, secret: str) -> list[str]:
    return [each for each in private(secret) if each in shown.lower()]


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("receipts", {"params": {"id": "41", "ptt": "4", "description": "1", "descriptionDlr": "Delivered"}}),
        ("replies", {"data": {"id": "600000003", "senderid": "+33639980001", "message": "Oui", "shortcode": "38100"}}),
        ("opt-outs", {"params": {"number": "+33639980001"}}),
    ],
)
def test_a_call_is_taken_without_any_login(server: Server, path: str, how: dict[str, Any]) -> None:
    method = "POST" if "data" in how else "GET"
    answer = requests.request(method, server.url(path), timeout=60, **how)
    assert (answer.status_code, server.stored()) == (200, 1)


def test_calls_are_answered_before_airflows_middlewares_and_are_not_in_its_access_log(server: Server) -> None:
    began = len(server.log.read_bytes())
    for how in ({"data": {"id": "600000003"}}, {"json": {"senderid": "+33639980001"}}):
        requests.post(server.url(), timeout=60, **how)
    below_no_path = server.pages.address.removesuffix("/behind/airflow")
    requests.post(f"{below_no_path}/ovh-sms-callbacks/{server.secret}/replies", data={"id": "600000003"}, timeout=60)
    requests.get(f"{server.pages.address}/api/v2/version?these=called", timeout=60)
    server.logged("these=called")
    shown = server.log.read_bytes()[began:].decode()
    assert shown.count("request finished") == 1
    assert "callbacks" not in shown
    assert not clean(shown, server.secret)
    assert server.stored() == 1


@pytest.mark.parametrize("attack", list(attacks()), ids=str)
def test_nothing_else_is_taken(server: Server, attack: Attack) -> None:
    # What does not lead to the addresses is answered by a page of Airflow's own.
    assert send_raw(server.pages.address, attack, server.secret) in (*attack.statuses, 200)
    assert server.stored() == 0


def test_neither_secret_nor_number_is_in_the_log_of_the_server(server: Server) -> None:
    base = server.pages.address
    for url in (
        f"{base}/ovh-sms/{server.secret}",
        f"{base}/{server.secret}?{GOOD}&x={server.secret}",
        f"{base}/OVH-SMS-CALLBACKS/{server.secret}/replies?{GOOD}",
        f"{base}//ovh-sms-callbacks/{server.secret}/replies?{GOOD}",
        f"{base.removesuffix('/behind/airflow')}/ovh-sms-callbacks/{server.secret}/replies?{GOOD}",
        f"{base}/api/v2/version?next={server.url()}",
    ):
        requests.get(url, timeout=60)
    for attack in attacks():
        send_raw(base, attack, server.secret)
    requests.get(f"{base}/api/v2/version?the=end", timeout=60)
    shown = server.logged("the=end")
    assert "request finished" in shown
    assert not clean(shown, server.secret)


def test_the_rest_of_airflow_is_logged_as_before(server: Server) -> None:
    requests.get(f"{server.pages.address}/api/v2/version?order_by=name", timeout=60)
    line = next(line for line in server.logged("order_by=name").splitlines() if "order_by=name" in line)
    assert "api/v2/version" in line


def test_a_call_with_the_cookie_of_a_person_is_no_more_than_another(server: Server) -> None:
    cookies = {"_token": server.pages.token("admin")}
    answer = requests.post(server.url().replace(server.secret, "x"), data={"id": "1"}, cookies=cookies, timeout=60)
    assert answer.status_code == 404
    assert server.store.callbacks.to_handle(ACCOUNT, REPLY) == []
