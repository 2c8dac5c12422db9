from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from airflow.sdk import RetryAction
from sqlalchemy import select

from ovh_sms.errors import ConnectionMissing, Unavailable
from ovh_sms.hooks.connection import connection_settings, turns_key
from ovh_sms.hooks.sms import CallClass, OvhSmsHook, client_of, no_connection
from ovh_sms.retry_policy import retry_policy
from ovh_sms.store import tables
from support.postgresql import new_database, postgresql_server
from support.sandbox import SandboxProcess
from support.stores import new_store
from unit.hooks.connections import connection

__all__ = ["postgresql_server"]

Connect = Callable[..., None]

ACCOUNT = "sms-sb00001-1"


def use_results(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    to = urlsplit(url)
    fields = {"conn_type": to.scheme.partition("+")[0], "host": to.hostname, "port": to.port, "login": to.username}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", json.dumps({**fields, "schema": to.path.strip("/")}))


class TestHook:
    def test_making_a_hook_reads_nothing(self) -> None:
        hook = OvhSmsHook("no_such_connection", account="sms-x-1")
        assert hook.ovh_sms_conn_id == "no_such_connection"

    @pytest.mark.parametrize("in_the_triggerer", [False, True])
    def test_a_missing_connection_is_one_error_that_no_further_try_mends(self, in_the_triggerer: bool) -> None:
        hook = OvhSmsHook("shop")
        with pytest.raises(ConnectionMissing) as caught:
            asyncio.run(hook.asettings()) if in_the_triggerer else hook.settings
        assert str(caught.value) == (
            "Airflow has no connection 'shop'. OVH was not called, and nothing was sent. Make it in Airflow under "
            "Admin > Connections with the type ovh_sms, or set AIRFLOW_CONN_SHOP for every Airflow process. Then try "
            "again."
        )
        assert retry_policy().evaluate(caught.value, 1, 3).action is RetryAction.FAIL

    def test_the_test_of_a_missing_connection_names_it(self) -> None:
        assert OvhSmsHook("shop").test_connection() == (False, str(no_connection("shop")))

    def test_it_gives_one_client_of_the_account(self, connect_sandbox: Connect) -> None:
        connect_sandbox()
        hook = OvhSmsHook()
        assert hook.client is hook.client is hook.get_conn()
        assert hook.client.account.get().name == hook.account == hook.client.account_name == ACCOUNT
        assert hook.is_sandbox
        hook.client.close()

    def test_settings_for_the_triggerer(self, connect_sandbox: Connect) -> None:
        connect_sandbox()

        async def name() -> str:
            settings = await OvhSmsHook().asettings()
            with client_of(settings, call_class=CallClass.POLL) as client:
                return client.account.get().name

        assert asyncio.run(name()) == ACCOUNT

    def test_it_waits_for_an_answer_as_long_as_the_connection_says(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        connect_sandbox(timeout_seconds=5, read_retry_seconds=0)
        hook = OvhSmsHook()
        assert hook.client.account.get()
        sandbox.fault("slow", method="GET", path="/sms/*", seconds=15)
        start = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            hook.client.account.get()
        assert 5 <= time.monotonic() - start < 14
        hook.client.close()

    def test_all_hooks_of_one_key_share_its_calls_per_minute(
        self, connect_sandbox: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
        connect_sandbox(calls_per_minute=60)
        hook = OvhSmsHook()
        hook.client.account.get()
        hook.client.close()
        (file,) = (tmp_path / "data").iterdir()
        assert file.name.startswith(".turns-")
        assert hook.settings.credentials.application_key not in file.read_text() + file.name
        made = json.loads(file.read_text())["rate"]["made"]

        async def trigger() -> None:
            settings = await OvhSmsHook().asettings()
            with client_of(settings, call_class=CallClass.POLL) as client:
                client.account.get()

        connect_sandbox(calls_per_minute=60, account="sms-sb00001-2")
        asyncio.run(trigger())
        assert list((tmp_path / "data").iterdir()) == [file], "another account of the same key, in a triggerer"
        later = json.loads(file.read_text())["rate"]["made"]
        assert later == made + 2, "two calls more: OVH's time and the account"

    @pytest.mark.services
    def test_in_postgresql_all_hosts_share_the_row_of_the_key(
        self, connect_sandbox: Connect, postgresql_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = new_database(postgresql_server)
        use_results(monkeypatch, url)
        connect_sandbox()
        store = new_store(url)
        for folder in ("one host", "another"):
            monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / folder))
            hook = OvhSmsHook()
            hook.client.account.get()
            hook.client.close()
        with store.database.reading() as connection:
            (row,) = connection.execute(select(tables.turns)).all()
        store.close()
        assert (row.key, row.queue["rate"]["made"]) == (turns_key(hook.settings.credentials), 4)
        assert list(tmp_path.iterdir()) == []

    def test_if_the_results_are_away_it_keeps_to_the_limit_by_itself(
        self, connect_sandbox: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        connect_sandbox()
        for url in ("postgresql://nobody@127.0.0.1:1/away", "mysql://nobody@127.0.0.1:1/no_results"):
            caplog.clear()
            use_results(monkeypatch, url)
            hook = OvhSmsHook()
            assert hook.test_connection()[0]
            assert "for this task alone" in caplog.text

    def test_another_key_has_a_limit_of_its_own(self) -> None:
        one, other = (
            connection_settings(
                connection(login=key, password="b", endpoint="ovh-eu", consumer_key="c", account="sms-x-1")
            )
            for key in ("one", "other")
        )
        assert turns_key(one.credentials) != turns_key(other.credentials)

    def test_live_endpoints_are_live(self, connect: Connect) -> None:
        connect(login="a", password="b", extra={"endpoint": "ovh-eu", "consumer_key": "c", "account": "sms-x-1"})
        assert not OvhSmsHook().is_sandbox

    def test_secrets_are_masked_once_the_connection_is_read(self, connect: Connect) -> None:
        from airflow.sdk.log import redact

        held = {"endpoint": "ovh-eu", "consumer_key": "consumer-key-4711", "account": "sms-x-1"}
        connect(login="application-key-4711", password="application-secret-4711", extra=held)
        assert OvhSmsHook().account == "sms-x-1"
        line = "keys application-key-4711 application-secret-4711 consumer-key-4711"
        assert redact(line) == "keys *** *** ***"
