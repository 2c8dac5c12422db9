"""A PostgreSQL that is out of reach: an error that is tried again, without the password."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from ovh_sms.errors import StoreUnavailable
from ovh_sms.store import migrate
from ovh_sms.store.store import Store
from support.cli import process


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:  # bound, never listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.submissions.latest(),
        lambda store: store.cancelled_runs.add("sms_spring", "monday"),
        lambda store: store.attempts.live("tag"),
        migrate.init,
        migrate.check,
    ],
    ids=["read", "write", "journal", "init", "check"],
)
def test_every_use_raises_an_error_that_is_tried_again(closed_port: int, use: Callable[[Store], object]) -> None:
    store = Store(f"postgresql://sms:hidden-word@127.0.0.1:{closed_port}/sms")
    with pytest.raises(StoreUnavailable, match=r"at 127\.0\.0\.1 cannot be reached") as caught:
        use(store)
    assert caught.value.is_retryable
    assert "hidden-word" not in str(caught.value)


def test_a_connection_lost_between_two_uses_raises_it_too(closed_port: int) -> None:
    store = Store(f"postgresql://sms@127.0.0.1:{closed_port}/sms")
    store.database._is_current = True
    with pytest.raises(StoreUnavailable):
        store.cancelled_runs.refuse("sms_spring", "monday")
    with pytest.raises(StoreUnavailable):
        store.cancelled_runs.add("sms_spring", "monday")


def test_the_command_ends_with_exit_code_3(closed_port: int) -> None:
    connection = {"conn_type": "postgres", "host": "127.0.0.1", "port": closed_port, "schema": "sms"}
    done = process("db", "check", AIRFLOW_CONN_OVH_SMS_RESULTS=json.dumps(connection))
    assert (done.code, done.out) == (3, "")
    assert "Nothing was read from it or written to it." in done.err
