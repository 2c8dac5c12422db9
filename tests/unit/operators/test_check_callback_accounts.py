"""Callbacks of an account that no file names do not wait in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.check_callback_accounts import CheckCallbackAccountsOperator
from ovh_sms.store.callback_records import REPLY, Callback
from ovh_sms.store.callback_tables import callbacks
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.sandbox import SandboxProcess

NAMED = [("ovh_sms_default", None), ("ovh_sms_default", "sms-named-1")]


@pytest.fixture
def results(sandbox: SandboxProcess) -> Any:
    store = ResultsHook().store
    yield store
    store.close()


def receive(store: Store, *accounts: str) -> None:
    store.callbacks.receive([Callback(key=each, account=each, kind=REPLY, ovh_id="1") for each in accounts])


def check(accounts: Any = NAMED) -> dict[str, Any]:
    task = CheckCallbackAccountsOperator(task_id="other_accounts", accounts=accounts)
    return task.execute(context(task_id="other_accounts"))


def test_callbacks_of_named_accounts_are_left_to_their_tasks(sandbox: SandboxProcess, results: Store) -> None:
    receive(results, sandbox.account_name, "sms-named-1")
    sandbox.reset_calls()
    assert check() == {"dropped": 0}
    assert results.callbacks.waiting() == {sandbox.account_name: 1, "sms-named-1": 1}
    assert sandbox.calls()["total"] == 0


def test_an_account_that_no_file_names_is_reported_for_as_long_as_callbacks_wait(results: Store) -> None:
    receive(results, "sms-gone-1")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"sms-gone-1 \(1\)"):
            check()
    results.callbacks.drop("sms-gone-1")
    assert check() == {"dropped": 0}


def test_callbacks_that_nobody_has_taken_for_two_weeks_are_deleted(sandbox: SandboxProcess, results: Store) -> None:
    receive(results, "sms-gone-1", sandbox.account_name)
    with results.database.writing() as connection:
        connection.execute(update(callbacks).values(received_at=results.clock.now() - timedelta(days=15)))
    assert check() == {"dropped": 1}
    assert results.callbacks.waiting() == {sandbox.account_name: 1}, "its own task may come late"


def test_a_connection_that_cannot_be_read_may_be_that_of_any_account(results: Store) -> None:
    receive(results, "sms-gone-1")
    assert check([*NAMED, ("ovh_sms_nowhere", None)]) == {"dropped": 0}
