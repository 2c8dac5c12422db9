"""A secret is valid for as long as OVH's settings show it, and a week more, also if a process dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import ConfigurationError, OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.callback_addresses import digest_of, secret_in
from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
from ovh_sms.inbound.configure_callbacks import AppliedCallbacks, apply_callbacks
from ovh_sms.inbound.shown_secrets import check_secrets
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from support.signed import Signed
from support.stores import new_store

URL = "https://airflow.example.com"
SETTINGS = "GET /sms/{serviceName}"


class Killed(BaseException):
    """The process is no more."""


class World:
    """An account whose callbacks are set, the results and their clock."""

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.sandbox, self.clock = sandbox, FakeClock()
        self.store: Store = new_store(folder / "results.sqlite", clock=self.clock)
        self.client: OvhSmsClient = OvhSmsHook().client

    def set(self, *, keep_old: timedelta = timedelta(days=7), **wanted: Any) -> AppliedCallbacks:
        plan = plan_callbacks(self.client, self.store, WantedCallbacks(**{"url": URL, **wanted}))
        return apply_callbacks(self.client, self.store, plan, keep_old=keep_old)

    def shown(self, login: str | None = None, field: str = "callBack") -> str:
        secret = secret_in(self.client.callbacks.read(login)[field])
        assert secret is not None
        return secret

    def is_valid(self, secret: str) -> bool:
        digest = digest_of(secret, self.store.identity.secret())
        return digest in {each.digest for each in self.store.callback_secrets.valid()}

    def days(self, number: float) -> None:
        """Let days pass, with the task that runs each minute, here each half day."""
        for _ in range(round(2 * number)):
            self.clock.advance(43_200)
            check_secrets(self.client, self.store)

    def user(self, **settings: str) -> None:
        users = f"/sms/{self.sandbox.account_name}/users"
        assert Signed(self.sandbox).post(users, {"login": "desk", "password": "Secret01"}).status == 200
        assert Signed(self.sandbox).put(f"{users}/desk", settings).status == 200

    def manager(self, **settings: Any) -> None:
        """A person changes the settings in OVH's manager."""
        assert Signed(self.sandbox).put(f"/sms/{self.sandbox.account_name}", settings).status == 200


@pytest.fixture
def here(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[World]:
    here = World(sandbox, tmp_path)
    here.set()
    yield here
    here.store.close()


def test_the_secret_in_use_never_ends(here: World) -> None:
    secret = here.shown()
    here.days(40)
    assert here.is_valid(secret)


def test_ovh_is_asked_once_a_day_and_right_after_a_change(here: World) -> None:
    here.sandbox.reset_calls()
    assert not check_secrets(here.client, here.store)
    assert here.sandbox.calls(SETTINGS) == 0
    here.days(3)
    assert here.sandbox.calls(SETTINGS) == 3
    here.store.callback_secrets.add(here.client.account_name, "x" * 64, here.clock.now() + timedelta(days=7))
    assert check_secrets(here.client, here.store)


def test_an_account_without_callbacks_is_not_asked(sandbox: SandboxProcess, tmp_path: Path) -> None:
    here = World(sandbox, tmp_path)
    sandbox.reset_calls()
    assert not check_secrets(here.client, here.store)
    assert sandbox.calls(SETTINGS) == 0
    here.store.close()


def test_of_secrets_that_were_replaced_twice_only_the_newest_is_left_after_a_week(here: World) -> None:
    first = here.shown()
    here.set(rotate=True)
    here.days(3)
    second = here.shown()
    here.set(rotate=True)
    assert [here.is_valid(each) for each in (first, second, here.shown())] == [True, True, True]
    here.days(5)
    assert [here.is_valid(each) for each in (first, second, here.shown())] == [False, True, True]
    here.days(3)
    assert [here.is_valid(each) for each in (first, second, here.shown())] == [False, False, True]


def test_a_secret_that_leaked_is_refused_at_once_if_a_person_says_so(here: World) -> None:
    old = here.shown()
    assert here.set(rotate=True, keep_old=timedelta(0)) == AppliedCallbacks(ending=1, still=())
    assert (here.is_valid(old), here.is_valid(here.shown())) == (False, True)


@pytest.mark.parametrize("keep_old", [timedelta(days=8), timedelta(seconds=-1)])
def test_an_old_secret_is_kept_for_a_week_at_most(here: World, keep_old: timedelta) -> None:
    with pytest.raises(ConfigurationError, match="cannot stay valid"):
        here.set(rotate=True, keep_old=keep_old)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_is_killed_around_the_change_leaves_one_secret(
    here: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    old, change = here.shown(), here.client.callbacks.change

    def killed(changes: Any, login: str | None = None) -> None:
        if when == "after":
            change(changes, login)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(here.client.callbacks, "change", killed)
        with pytest.raises(Killed):
            here.set(rotate=True)
    assert len(here.store.callback_secrets.valid()) == 2, "OVH may use either"
    here.clock.advance(60)
    assert check_secrets(here.client, here.store)
    here.days(8)
    assert [each.digest for each in here.store.callback_secrets.valid()] == [
        digest_of(here.shown(), here.store.identity.secret())
    ]
    assert (here.shown() == old) is (when == "before")


def test_a_change_that_arrives_late_is_found(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []

    def killed(changes: Any, login: str | None = None) -> None:
        kept.append(changes)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(here.client.callbacks, "change", killed)
        with pytest.raises(Killed):
            here.set(rotate=True)
    here.clock.advance(60)
    check_secrets(here.client, here.store)
    here.client.callbacks.change(kept[0])
    assert here.is_valid(here.shown())
    here.days(9)
    assert len(here.store.callback_secrets.valid()) == 1
    assert here.is_valid(here.shown())


def test_a_secret_that_a_user_still_holds_stays_valid_and_is_named(here: World) -> None:
    old = here.shown()
    here.user(callBack=f"{URL}/ovh-sms-callbacks/{old}/receipts")
    assert here.set(rotate=True).still == ("user desk: callBack",)
    here.days(20)
    assert here.is_valid(old)
    assert here.set(rotate=True, login="desk").still == ()
    here.days(8)
    assert (here.is_valid(old), here.is_valid(here.shown()), here.is_valid(here.shown("desk"))) == (False, True, True)


def test_a_secret_that_another_setting_still_holds_stays_valid_and_is_named(here: World) -> None:
    old = here.shown()
    assert here.set(rotate=True, kinds=("receipt",)).still == ("stopCallBack", "smsResponse.cgiUrl")
    here.days(20)
    assert here.is_valid(old)
    assert here.is_valid(here.shown())


def test_the_secret_of_an_address_that_was_removed_in_the_manager_ends(here: World) -> None:
    secret = here.shown()
    here.manager(callBack=None, stopCallBack=None, smsResponse={"responseType": "none"})
    here.days(8)
    assert not here.is_valid(secret)
    here.sandbox.reset_calls()
    here.days(40)
    assert here.sandbox.calls(SETTINGS) <= 30, "it is read for a month"


def test_the_secret_of_an_account_that_is_read_no_more_ends(here: World) -> None:
    secret = here.shown()
    here.clock.advance(timedelta(days=7, minutes=1).total_seconds())
    assert not here.is_valid(secret)


def test_after_two_weeks_without_airflow_the_secret_in_use_is_valid_again(here: World) -> None:
    here.clock.advance(timedelta(days=14).total_seconds())
    assert not here.is_valid(here.shown())
    assert check_secrets(here.client, here.store)
    assert here.is_valid(here.shown())


def test_a_secret_that_these_results_have_not_made_is_never_valid(here: World) -> None:
    stranger = "ovhcb_" + "x" * 43
    here.manager(callBack=f"{URL}/ovh-sms-callbacks/{stranger}/receipts")
    here.days(2)
    assert not here.is_valid(stranger)


def test_after_a_lost_answer_the_settings_are_read_back(here: World) -> None:
    old = here.shown()
    here.sandbox.fault("lost_answer", method="PUT", path="/sms/*")
    assert here.set(rotate=True).ending == 1
    here.sandbox.clear_faults()
    assert here.shown() != old
    assert here.is_valid(here.shown())


def test_a_change_that_ovh_does_not_show_is_not_taken_for_made(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    old = here.shown()

    def lost(changes: Any, login: str | None = None) -> None:
        raise OutcomeUnknown("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(here.client.callbacks, "change", lost)
        with pytest.raises(OutcomeUnknown):
            here.set(rotate=True)
    assert here.shown() == old
    assert here.is_valid(old)
