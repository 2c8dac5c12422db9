"""OVH's time, on machines whose own clock is wrong, set or stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from support.sandbox import SandboxProcess

MakeClient = Callable[..., OvhSmsClient]

REAL_TIME, REAL_MONOTONIC = time.time, time.monotonic
ASKED = "GET /auth/time"


@pytest.fixture(params=["signature", "oauth2"])
def kind(request: pytest.FixtureRequest, sandbox: SandboxProcess, keys: Credentials) -> Credentials:
    """Either kind of keys."""
    if request.param == "signature":
        return keys
    return Credentials(
        sandbox.endpoint, client_id=sandbox.keys.client_id, client_secret=sandbox.keys.client_secret
    )


def off(told: datetime) -> float:
    """Seconds by which a time is off the real one."""
    return (told - datetime.fromtimestamp(REAL_TIME(), UTC)).total_seconds()


@pytest.mark.parametrize("wrong", [-600.0, 0.0, 600.0, 86_400.0])
def test_the_time_is_ovhs_whatever_the_machines_clock_says(
    make_client: MakeClient, kind: Credentials, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    monkeypatch.setattr("time.time", lambda: REAL_TIME() + wrong)
    assert -5 < off(make_client(credentials=kind).time()) <= 0


def test_ovhs_own_clock_is_told_even_if_it_is_wrong(
    make_client: MakeClient, kind: Credentials, sandbox: SandboxProcess
) -> None:
    """It is what OVH dates its messages by."""
    sandbox.clock(offset=-600)
    try:
        assert -605 < off(make_client(credentials=kind).time()) <= -600
    finally:
        sandbox.clock(offset=0)


def test_it_is_asked_once(make_client: MakeClient, kind: Credentials, sandbox: SandboxProcess) -> None:
    client = make_client(credentials=kind)
    sandbox.reset_calls()
    first = client.time()
    client.account()
    assert first <= client.time() <= first + timedelta(seconds=30)
    assert sandbox.calls(ASKED) == 1


@pytest.mark.parametrize("jump", [-3600.0, -10.0, 10.0, 3600.0])
def test_a_clock_that_is_set_while_a_task_runs_makes_no_difference(
    make_client: MakeClient,
    kind: Credentials,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    jump: float,
) -> None:
    client = make_client(credentials=kind)
    client.time()
    monkeypatch.setattr("time.time", lambda: REAL_TIME() + jump)
    assert -5 < off(client.time()) <= 0
    assert client.account().credits_left
    assert sandbox.calls(ASKED) == 2


def test_a_machine_that_slept_asks_again(
    make_client: MakeClient, kind: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steady clock stands still meanwhile."""
    client = make_client(credentials=kind)
    client.time()
    monkeypatch.setattr("time.monotonic", lambda: REAL_MONOTONIC() - 600)
    assert -5 < off(client.time()) <= 0
    assert client.account().credits_left
