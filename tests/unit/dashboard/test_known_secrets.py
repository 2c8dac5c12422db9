"""Each API server knows within seconds which secrets are valid, and asks the results no more often than that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.dashboard import known_secrets
from ovh_sms.dashboard.known_secrets import AGAIN_AFTER, OLD_AFTER, KnownSecrets
from ovh_sms.store.store import Store
from support.callbacks import valid_secret
from support.fake_clock import FakeClock
from support.stores import new_store

ACCOUNT = "sms-sb00001-1"


class Server:
    """The secrets that one API server knows, and how often it has read them."""

    def __init__(self, store: Store, runner: asyncio.Runner) -> None:
        self.runner, self.reads = runner, 0
        self.fails = False
        self.known = KnownSecrets(lambda: store)
        read = self.known._read

        def counted() -> None:
            self.reads += 1
            if self.fails:
                raise OSError("away")
            read()

        self.known._read = counted  # type: ignore[method-assign]

    def account(self, secret: str, *, times: int = 1) -> Any:
        async def ask() -> list[str | BaseException | None]:
            asked = (self.known.account(secret) for _ in range(times))
            return await asyncio.gather(*asked, return_exceptions=True)

        return self.runner.run(ask())[-1]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(known_secrets, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


def test_an_ended_secret_is_refused_by_every_server_within_seconds(
    store: Store, clock: FakeClock, runner: asyncio.Runner
) -> None:
    secret, servers = valid_secret(store, ACCOUNT), [Server(store, runner), Server(store, runner)]
    assert [each.account(secret) for each in servers] == [ACCOUNT, ACCOUNT]
    store.callback_secrets.forget(ACCOUNT)
    clock.advance(OLD_AFTER + 0.1)
    assert OLD_AFTER <= 5
    assert [each.account(secret) for each in servers] == [None, None]


def test_a_secret_ends_at_its_moment_without_any_read(store: Store, clock: FakeClock, runner: asyncio.Runner) -> None:
    secret, server = valid_secret(store, ACCOUNT), Server(store, runner)
    clock.advance(timedelta(days=7).total_seconds() - 1)
    assert server.account(secret) == ACCOUNT
    clock.advance(1)
    assert server.account(secret) is None
    assert server.reads == 1


def test_a_secret_that_is_kept_goes_on_being_valid_although_its_earlier_end_is_known(
    store: Store, clock: FakeClock, runner: asyncio.Runner
) -> None:
    secret, server = valid_secret(store, ACCOUNT), Server(store, runner)
    assert server.account(secret) == ACCOUNT
    digests = [each.digest for each in store.callback_secrets.valid()]
    clock.advance(timedelta(days=7).total_seconds() - 1)
    store.callback_secrets.keep(ACCOUNT, digests, read_at=clock.now(), ends_at=clock.now() + timedelta(days=7))
    clock.advance(2)
    assert server.account(secret) == ACCOUNT


def test_a_flood_of_forged_calls_reads_once_a_second(store: Store, clock: FakeClock, runner: asyncio.Runner) -> None:
    server = Server(store, runner)
    for _ in range(3):
        assert server.account("ovhcb_forged", times=500) is None
    assert server.reads == 1
    clock.advance(AGAIN_AFTER + 0.1)
    assert server.account("ovhcb_forged", times=500) is None
    assert server.reads == 2


def test_results_that_cannot_be_read_are_asked_once_a_second_too(
    store: Store, clock: FakeClock, runner: asyncio.Runner
) -> None:
    secret, server = valid_secret(store, ACCOUNT), Server(store, runner)
    server.fails = True
    assert isinstance(server.account(secret, times=500), Exception)
    assert server.reads == 1
    server.fails = False
    clock.advance(AGAIN_AFTER + 0.1)
    assert server.account(secret) == ACCOUNT
