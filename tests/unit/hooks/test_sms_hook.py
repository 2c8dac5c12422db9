from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from ovh_sms.errors import AuthenticationError, ConfigurationError, Unavailable
from ovh_sms.hooks.connection import LABELS, connection_settings, pacing_file
from ovh_sms.hooks.sms import OvhSmsHook
from support.sandbox import SandboxProcess

Connect = Callable[..., None]

ACCOUNT = "sms-sb00001-1"


def connection(*, login: str | None = None, password: str | None = None, **extra: Any) -> Connection:
    return Connection(
        conn_id="mine", conn_type="ovh_sms", login=login, password=password, extra=json.dumps(extra)
    )


class TestSettings:
    def test_an_application_and_its_consumer_key(self) -> None:
        settings = connection_settings(
            connection(
                login=" key ",
                password="secret",
                endpoint="ovh-eu",
                consumer_key="consumer",
                account="sms-ab12345-1",
                calls_per_minute="30",
                client_id="",
                client_secret=None,
            )
        )
        keys = settings.credentials
        assert (keys.application_key, keys.application_secret, keys.consumer_key) == (
            "key",
            "secret",
            "consumer",
        )
        assert (keys.endpoint, keys.uses_oauth2, keys.is_sandbox) == ("ovh-eu", False, False)
        assert (settings.account, settings.calls_per_minute) == ("sms-ab12345-1", 30)

    def test_an_oauth2_client(self) -> None:
        given = connection(endpoint="ovh-ca", client_id="id", client_secret="secret", account="sms-ab12345-1")
        settings = connection_settings(given)
        assert settings.credentials.uses_oauth2
        assert settings.calls_per_minute == 60

    def test_the_account_of_the_task_goes_before_that_of_the_connection(self) -> None:
        given = connection(
            login="a", password="b", endpoint="ovh-eu", consumer_key="c", account="sms-ab12345-1"
        )
        assert connection_settings(given, "sms-ab12345-2").account == "sms-ab12345-2"
        without = connection(login="a", password="b", endpoint="ovh-eu", consumer_key="c")
        assert connection_settings(without, "sms-ab12345-2").account == "sms-ab12345-2"

    def test_everything_missing_is_named_at_once_by_its_label(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            connection_settings(connection())
        text = str(caught.value)
        assert "'mine'" in text
        for name in ("endpoint", "application_key", "application_secret", "consumer_key", "account"):
            assert f"{LABELS[name]} is missing" in text
        assert "OAuth2 client id" in text

    def test_everything_wrong_is_named_at_once_by_its_label(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            connection_settings(
                connection(
                    login="two words",
                    password="sëcret",
                    endpoint="ovh-fr",
                    consumer_key="consumer",
                    account="AB12345",
                    calls_per_minute=0,
                )
            )
        text = str(caught.value)
        for label in ("Endpoint", "Application key", "Application secret", "SMS account", "Calls per minute"):
            assert label in text
        for value in ("two words", "sëcret"):
            assert value not in text

    @pytest.mark.parametrize("calls", [0, -1, 1.5, "many", True, 100_001, [5]])
    def test_calls_per_minute_is_a_whole_number_in_bounds(self, calls: object) -> None:
        given = connection(
            login="a",
            password="b",
            endpoint="ovh-eu",
            consumer_key="c",
            account="sms-ab12345-1",
            calls_per_minute=calls,
        )
        with pytest.raises(ConfigurationError, match="Calls per minute"):
            connection_settings(given)

    @pytest.mark.parametrize("seconds", [4, 181, 0, -5, 7.5, "long"])
    def test_the_wait_for_an_answer_is_a_whole_number_in_bounds(self, seconds: object) -> None:
        given = connection(
            login="a",
            password="b",
            endpoint="ovh-eu",
            consumer_key="c",
            account="sms-ab12345-1",
            timeout_seconds=seconds,
        )
        with pytest.raises(ConfigurationError, match=r"Seconds to wait for an answer .* from 5 to 180"):
            connection_settings(given)

    @pytest.mark.parametrize(("given", "waits"), [({}, 60), ({"timeout_seconds": ""}, 60)])
    def test_the_wait_for_an_answer_has_a_default(self, given: dict[str, Any], waits: int) -> None:
        keys = {"endpoint": "ovh-ca", "client_id": "id", "client_secret": "secret", "account": "sms-x-1"}
        assert connection_settings(connection(**keys, **given)).timeout_seconds == waits

    def test_two_kinds_of_keys_exclude_each_other(self) -> None:
        given = connection(
            login="a", endpoint="ovh-eu", client_id="id", client_secret="x", account="sms-ab12345-1"
        )
        with pytest.raises(
            ConfigurationError, match="Application key and OAuth2 client id exclude each other"
        ):
            connection_settings(given)

    def test_half_an_oauth2_client_names_the_other_half(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            connection_settings(connection(endpoint="ovh-eu", client_secret="x", account="sms-ab12345-1"))
        assert "OAuth2 client id is missing" in str(caught.value)
        assert "Consumer key" not in str(caught.value)

    @pytest.mark.parametrize("extra", ["{", "[1]", "5"])
    def test_an_extra_that_is_no_object(self, extra: str) -> None:
        given = Connection(conn_id="mine", conn_type="ovh_sms", extra=extra)
        with pytest.raises(ConfigurationError, match="Extra is not a JSON object"):
            connection_settings(given)


class TestHook:
    def test_making_a_hook_reads_nothing(self) -> None:
        hook = OvhSmsHook("no_such_connection", account="sms-x-1")
        assert hook.ovh_sms_conn_id == "no_such_connection"

    def test_it_gives_one_client_of_the_account(self, connect_sandbox: Connect) -> None:
        connect_sandbox()
        hook = OvhSmsHook()
        assert hook.client is hook.client is hook.get_conn()
        assert hook.client.account.get().name == hook.account == hook.client.account_name == ACCOUNT
        assert hook.is_sandbox
        assert OvhSmsHook(account="sms-sb00001-2").client.account.get().name == "sms-sb00001-2"
        hook.client.close()

    def test_a_client_for_the_triggerer(self, connect_sandbox: Connect) -> None:
        connect_sandbox()

        async def name() -> str:
            client = await OvhSmsHook().aclient()
            account = await asyncio.to_thread(client.account.get)
            client.close()
            return account.name

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
        assert file.name.startswith(".pacing-")
        assert hook.settings.credentials.application_key not in file.name
        (full_at,) = struct.unpack("<d", file.read_bytes())

        async def trigger() -> None:
            client = await OvhSmsHook(account="sms-sb00001-2").aclient()
            await asyncio.to_thread(client.account.get)
            client.close()

        asyncio.run(trigger())
        assert list((tmp_path / "data").iterdir()) == [file], (
            "another account of the same key, in a triggerer"
        )
        (later,) = struct.unpack("<d", file.read_bytes())
        assert later >= full_at + 2 * 61 / 50 - 0.001, "two calls more: OVH's time and the account"

    def test_another_key_has_a_limit_of_its_own(self) -> None:
        one, other = (
            connection_settings(
                connection(login=key, password="b", endpoint="ovh-eu", consumer_key="c", account="sms-x-1")
            )
            for key in ("one", "other")
        )
        assert pacing_file(one.credentials) != pacing_file(other.credentials)

    def test_live_endpoints_are_live(self, connect: Connect) -> None:
        connect(
            login="a", password="b", extra={"endpoint": "ovh-eu", "consumer_key": "c", "account": "sms-x-1"}
        )
        assert not OvhSmsHook().is_sandbox

    def test_secrets_are_masked_once_the_connection_is_read(self, connect: Connect) -> None:
        from airflow.sdk.log import redact

        held = {"endpoint": "ovh-eu", "consumer_key": "consumer-key-4711", "account": "sms-x-1"}
        connect(login="application-key-4711", password="application-secret-4711", extra=held)
        assert OvhSmsHook().account == "sms-x-1"
        line = "keys application-key-4711 application-secret-4711 consumer-key-4711"
        assert redact(line) == "keys *** *** ***"


class TestTestConnection:
    def test_a_good_connection_reports_account_credits_and_senders(self, connect_sandbox: Connect) -> None:
        connect_sandbox()
        good, text = OvhSmsHook().test_connection()
        assert good
        assert f"SMS account {ACCOUNT} is enabled and has 100000 credits left." in text
        assert "MYSHOP (enabled), REFUSED (refused), WAITING (waiting validation)" in text
        assert "issing" not in text

    def test_each_missing_right_is_named(self, connect_sandbox: Connect, sandbox: SandboxProcess) -> None:
        rules = [("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate"), ("GET", "/me/document/*")]
        connect_sandbox(consumer_key=sandbox.key(rules))
        good, text = OvhSmsHook().test_connection()
        assert not good
        missing = text.split("Missing rights: ")[1].rstrip(".").split(", ")
        assert missing == [
            f"POST /sms/{ACCOUNT}/receivers",
            f"DELETE /sms/{ACCOUNT}/receivers/*",
            "POST /me/document",
            "PUT /me/document/*",
            f"POST /sms/{ACCOUNT}/jobs",
            f"DELETE /sms/{ACCOUNT}/jobs/*",
        ]
        assert f"To order credits the key would also need GET /order/sms/{ACCOUNT}/credits" in text
        assert "100000 credits" in text

    def test_rights_for_a_campaign_but_not_for_orders_are_good(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        rules = [
            (m, f"/{p}") for m in ("GET", "POST", "PUT", "DELETE") for p in ("sms", "sms/*", "me/document*")
        ]
        connect_sandbox(consumer_key=sandbox.key(rules, expires_in=3600))
        good, text = OvhSmsHook().test_connection()
        assert good, text
        assert "POST /order/sms/sms-sb00001-1/credits" in text
        assert "The consumer key ends on 20" in text

    def test_a_key_without_any_right_still_lists_them_all(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        connect_sandbox(consumer_key=sandbox.key([("GET", "/nothing")]))
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "cannot be read" in text
        for rule in (f"GET /sms/{ACCOUNT},", f"GET /sms/{ACCOUNT}/senders,", f"POST /sms/{ACCOUNT}/jobs"):
            assert rule in text
        assert text.count(f"GET /sms/{ACCOUNT}/senders,") == 1

    def test_wrong_keys(self, connect_sandbox: Connect) -> None:
        connect_sandbox(consumer_key="unknown")
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "Check the Consumer key" in text

    def test_an_account_that_is_not_theirs_lists_those_that_are(self, connect_sandbox: Connect) -> None:
        connect_sandbox(account="sms-other-1")
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "no SMS account sms-other-1" in text
        assert "sms-sb00001-1, sms-sb00001-2" in text

    def test_an_expired_account(self, connect_sandbox: Connect, sandbox: SandboxProcess) -> None:
        sandbox.account(expired=True)
        connect_sandbox()
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "Renew the SMS account" in text

    def test_a_connection_that_is_not_complete(self, connect: Connect) -> None:
        connect(extra={"endpoint": "ovh-eu"})
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "Consumer key is missing" in text
        assert "SMS account is missing" in text

    def test_a_sandbox_that_is_down(self, connect_sandbox: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ovh_sms.hooks.sms.TEST_SECONDS", 0.2)
        connect_sandbox(endpoint="http://127.0.0.1:9/1.0")
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "127.0.0.1:9" in text
        assert "Endpoint" in text

    def test_oauth2_says_what_cannot_be_checked(self, connect: Connect, sandbox: SandboxProcess) -> None:
        extra = {
            "endpoint": sandbox.endpoint,
            "client_id": sandbox.keys.client_id,
            "client_secret": sandbox.keys.client_secret,
            "account": ACCOUNT,
            "calls_per_minute": 60_000,
        }
        connect(extra=extra)
        good, text = OvhSmsHook().test_connection()
        assert good, text
        assert "OVH does not list the rights of an OAuth2 client" in text
        assert "100000 credits" in text
        assert "MYSHOP (enabled)" in text
        connect(extra={**extra, "client_secret": "wrong"})
        good, text = OvhSmsHook().test_connection()
        assert not good
        assert "OAuth2 client id" in text

    def test_nothing_is_changed_by_a_test(self, connect_sandbox: Connect, sandbox: SandboxProcess) -> None:
        connect_sandbox()
        assert OvhSmsHook().test_connection()[0]
        calls = sandbox.calls()["by_call"]
        assert {call for call in calls if not call.startswith("GET ")} == set()

    def test_the_hooks_client_raises_the_errors_that_the_test_reports(self, connect_sandbox: Connect) -> None:
        connect_sandbox(consumer_key="unknown")
        with pytest.raises(AuthenticationError):
            OvhSmsHook().client.account.get()
