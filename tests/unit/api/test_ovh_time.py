from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.api.answer import Answer
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.ovh_time import OvhTime
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from unit.api.samples import MakeClient

ASKED = "GET /auth/time"


@pytest.fixture(params=["keys", "oauth2_keys"])
def credentials(request: pytest.FixtureRequest) -> Credentials:
    keys: Credentials = request.getfixturevalue(request.param)
    return keys


def off(time: datetime) -> float:
    """Seconds by which a time is off the real one."""
    return (time - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize("wrong", [-600.0, 0.0, 600.0, 86_400.0])
def test_the_time_is_ovhs_although_the_wall_clock_is_wrong(
    make_client: MakeClient, credentials: Credentials, wrong: float
) -> None:
    clock = FakeClock(datetime.now(UTC) + timedelta(seconds=wrong))
    assert -5 < off(make_client(credentials=credentials, clock=clock).time()) <= 0


def test_ovhs_own_clock_counts_even_if_it_is_wrong(
    make_client: MakeClient, credentials: Credentials, sandbox: SandboxProcess
) -> None:
    sandbox.clock(offset=-600)
    try:
        assert -605 < off(make_client(credentials=credentials).time()) <= -600
    finally:
        sandbox.clock(offset=0)


def test_ovh_is_asked_once(
    make_client: MakeClient, credentials: Credentials, clock: FakeClock, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=credentials)
    sandbox.reset_calls()
    first = client.time()
    clock.advance(30)
    client.account.get()
    assert client.time() == first + timedelta(seconds=30)
    assert sandbox.calls(ASKED) == 1


def test_the_time_may_be_asked_anew_each_time(
    make_client: MakeClient, credentials: Credentials, clock: FakeClock, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=credentials)
    known = client.time()
    sandbox.clock(offset=600)
    try:
        sandbox.reset_calls()
        for _ in range(2):
            assert 595 < off(client.read_time()) <= 600
        assert client.read_time().microsecond == 0
        assert sandbox.calls(ASKED) == 3
        assert client.time() == known  # which goes on from the first answer
    finally:
        sandbox.clock(offset=0)


@pytest.mark.parametrize("jump", [-3600.0, -10.0, 10.0, 3600.0])
def test_ovh_is_asked_again_after_the_clock_was_set_or_the_machine_slept(
    make_client: MakeClient, credentials: Credentials, clock: FakeClock, sandbox: SandboxProcess, jump: float
) -> None:
    client = make_client(credentials=credentials)
    client.time()
    clock.set_wall(jump)
    assert -5 < off(client.time()) <= 0
    assert client.account.get().credits_left
    assert sandbox.calls(ASKED) == 2


@pytest.mark.parametrize("nonsense", [b"null", b"true", b'"now"', b"1.5", b"{", b"[]", b""])
def test_nonsense_is_no_time(nonsense: bytes) -> None:
    time = OvhTime(FakeClock())
    with pytest.raises(ValueError, match=r"."):
        time.learn(Answer(200, {}, nonsense))
    assert not time.is_known()
    time.learn(Answer(200, {}, b"4600"))
    assert time.is_known()
    assert time.now() == 4600
