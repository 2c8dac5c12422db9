"""``ovh-sms callbacks`` shows the change, and makes it with --yes alone."""

from __future__ import annotations

import json

import pytest

from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.inbound import configure_callbacks
from ovh_sms.inbound.callback_addresses import secret_in
from ovh_sms.store.callback_records import Callback
from support.cli import Command
from support.sandbox import SandboxProcess

URL = "https://airflow.example.com"


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess) -> None:
    monkeypatch.setattr(configure_callbacks, "_KNOWN_AFTER", 0.01)


def set_there() -> str | None:
    found = OvhSmsHook().client.callbacks.read()["callBack"]
    return None if found is None else str(found)


def test_the_change_is_shown_first(ovh_sms: Command) -> None:
    ended = ovh_sms("callbacks", "--url", URL)
    assert ended.code == 0, ended.err
    assert f"callBack: nothing -> {URL}/ovh-sms-callbacks/***/receipts" in ended.out
    assert "Nothing was changed yet" in ended.out
    assert set_there() is None


def test_yes_makes_the_change_without_showing_the_secret(ovh_sms: Command) -> None:
    ended = ovh_sms("callbacks", "--url", URL, "--yes")
    assert ended.code == 0, ended.err
    secret = secret_in(set_there())
    assert secret is not None
    assert secret not in ended.out + ended.err
    again = ovh_sms("callbacks", "--url", URL, "--yes", "--rotate")
    assert "The old secret stays valid for 7 days at most." in again.out
    assert secret_in(set_there()) not in (None, secret)


def test_some_kinds_alone(ovh_sms: Command) -> None:
    found = json.loads(ovh_sms("callbacks", "--url", URL, "--kinds", "stop, receipt", "--json").out)
    assert [each["field"] for each in found["changes"]] == ["callBack", "stopCallBack"]
    assert found["changed"] is False


def test_remove(ovh_sms: Command) -> None:
    ovh_sms("callbacks", "--url", URL, "--yes")
    assert ovh_sms("callbacks", "--remove", "--yes").code == 0
    assert set_there() is None


def test_a_secret_that_leaked_is_refused_now(ovh_sms: Command) -> None:
    ovh_sms("callbacks", "--url", URL, "--yes")
    assert (
        "The old secret is refused now."
        in ovh_sms("callbacks", "--url", URL, "--yes", "--rotate", "--keep-old", "0").out
    )


def test_an_account_is_forgotten_without_asking_ovh(ovh_sms: Command, sandbox: SandboxProcess) -> None:
    ovh_sms("callbacks", "--url", URL, "--yes")
    store, account = ResultsHook().store, sandbox.account_name
    store.callbacks.receive([Callback(key="r", account=account, kind="reply", ovh_id="1")])
    sandbox.reset_calls()
    shown = ovh_sms("callbacks", account, "--forget").out
    assert "secrets: 1 -> 0" in shown
    assert "callbacks in the queue: 1 -> 0" in shown
    assert (store.callbacks.waiting(), len(store.callback_secrets.valid())) == ({account: 1}, 1)
    assert json.loads(ovh_sms("callbacks", account, "--forget", "--yes", "--json").out) == {
        "account": account,
        "secrets": 1,
        "callbacks": 1,
        "changed": True,
    }
    assert (store.callbacks.waiting(), store.callback_secrets.valid()) == ({}, [])
    assert sandbox.calls()["total"] == 0
    store.close()


@pytest.mark.parametrize(
    "given", [(), ("--url", URL, "--remove"), ("--url", URL, "--kinds", "mms"), ("--forget",), ("--remove", "--forget")]
)
def test_unclear_arguments_are_refused(ovh_sms: Command, given: tuple[str, ...]) -> None:
    ended = ovh_sms("callbacks", *given)
    assert ended.code == 2
    assert "Nothing was changed" in ended.err
