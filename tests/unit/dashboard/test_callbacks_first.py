"""Callbacks are answered before Airflow's middlewares; where these cannot be wrapped, they are answered behind them."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
import requests

from ovh_sms.dashboard.callbacks_first import CallbacksFirst, answer_first
from ovh_sms.plugin import take_callbacks
from ovh_sms.store.callback_records import REPLY
from ovh_sms.store.store import Store
from support.callback_attacks import GOOD, private
from support.callbacks import airflow_with, taking_callbacks, valid_secret
from support.stores import new_store

ACCOUNT = "sms-sb00001-1"
BEHIND = "/behind/airflow"


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = new_store(tmp_path / "results.sqlite")
    yield store
    store.close()


def call(address: str, secret: str, **how: Any) -> int:
    return requests.post(f"{address}/ovh-sms-callbacks/{secret}/replies", timeout=30, **how).status_code


@pytest.mark.parametrize("path", [BEHIND, ""])
@pytest.mark.parametrize("sealed", [False, True], ids=["first", "behind them"])
def test_callbacks_are_answered_the_same_before_airflows_middlewares_and_behind_them(
    store: Store, sealed: bool, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    secret, passed = valid_secret(store, ACCOUNT), list[str]()
    with taking_callbacks(store, sealed=sealed, passed=passed, root_path=BEHIND) as address:
        base = address + path
        assert call(base, secret, data=GOOD, headers={"Content-Type": "application/x-www-form-urlencoded"}) == 200
        assert call(base, secret, params=GOOD) == 200
        assert call(base, "x", data={"id": "2"}) == 404
        assert call(base, secret, json={"id": "3"}) == 415
        assert requests.put(f"{base}/ovh-sms-callbacks/{secret}/replies", timeout=30).status_code == 405
    assert len(store.callbacks.to_handle(ACCOUNT, REPLY)) == 1
    assert len(passed) == (5 if sealed else 0)
    shown = [record.getMessage() for record in caplog.records]
    assert len([each for each in shown if "/ovh-sms-callbacks/%2A%2A%2A" in each]) == 5  # of uvicorn's own log
    assert len([each for each in shown if "is slower" in each]) == (1 if sealed else 0)
    assert not [each for each in private(secret) if each in " ".join([*shown, *passed]).lower()]


def test_all_else_goes_on_untouched_and_without_the_secret_in_any_log(store: Store) -> None:
    secret, passed = valid_secret(store, ACCOUNT), list[str]()
    others = [
        "",
        "ovh-sms/",
        "ovh-sms-callbacks",
        f"ovh-sms-callback/{secret}/replies",
        "x/ovh-sms-callbacks/x/replies",
    ]
    with taking_callbacks(store, passed=passed, root_path=BEHIND) as address:
        for other in others:
            assert requests.get(f"{address}{BEHIND}/{other}", params={"a": "b"}, timeout=30).status_code == 404
    assert passed[:3] == [f"{BEHIND}/?a=b", f"{BEHIND}/ovh-sms/?a=b", f"{BEHIND}/ovh-sms-callbacks/***?***"]
    assert len(passed) == len(others)
    assert secret not in " ".join(passed)


@pytest.mark.parametrize("scope", [{"type": "lifespan"}, {"type": "websocket", "path": "/ovh-sms-callbacks/x/replies"}])
def test_what_is_no_call_over_http_is_handed_on_as_it_is(scope: dict[str, str]) -> None:
    given: list[Any] = []

    async def within(*request: Any) -> None:
        given.append(request)

    asyncio.run(CallbacksFirst(within, None)(scope, "receive", "send"))
    assert given == [(scope, "receive", "send")]
    assert given[0][0] is scope


def test_they_are_put_first_once_however_often_the_server_starts(store: Store) -> None:
    app = airflow_with(None)
    app.middleware_stack = within = app.build_middleware_stack()
    assert answer_first(app, None)
    first = app.middleware_stack
    assert isinstance(first, CallbacksFirst)
    assert answer_first(app, None)
    assert app.middleware_stack is first
    assert first is not within


@pytest.mark.parametrize("app", [None, object()])
def test_an_app_without_middlewares_is_left_as_it_is(app: object, caplog: pytest.LogCaptureFixture) -> None:
    assert not answer_first(app, None)
    assert "behind Airflow's middlewares" in caplog.text


def test_no_garbage_collection_walks_through_what_the_server_has_loaded() -> None:
    before = gc.get_freeze_count()
    try:
        take_callbacks(None)
        assert gc.get_freeze_count() > before + 10_000
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()
