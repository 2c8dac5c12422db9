from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Connection

from ovh_sms.errors import ConfigurationError, OtherAccount
from ovh_sms.hooks.connection import LABELS, connection_settings
from unit.hooks.connections import connection


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
        assert (keys.application_key, keys.application_secret, keys.consumer_key) == ("key", "secret", "consumer")
        assert (keys.endpoint, keys.uses_oauth2, keys.is_sandbox) == ("ovh-eu", False, False)
        assert (settings.account, settings.calls_per_minute) == ("sms-ab12345-1", 30)

    def test_an_oauth2_client(self) -> None:
        given = connection(endpoint="ovh-ca", client_id="id", client_secret="secret", account="sms-ab12345-1")
        settings = connection_settings(given)
        assert settings.credentials.uses_oauth2
        assert settings.calls_per_minute == 60

    def test_a_connection_serves_its_own_account_alone(self) -> None:
        given = connection(login="a", password="b", endpoint="ovh-eu", consumer_key="c", account="sms-ab12345-1")
        for named in (None, "", "sms-ab12345-1"):
            assert connection_settings(given, named).account == "sms-ab12345-1"
        for other in ("sms-ab12345-2", "SMS-ab12345-1", "sms-ab12345-10", "sms-ab12345-1 "):
            with pytest.raises(OtherAccount, match="for the SMS account sms-ab12345-1, not for") as caught:
                connection_settings(given, other)
            assert "OVH was not called" in str(caught.value)
        without = connection(login="a", password="b", endpoint="ovh-eu", consumer_key="c")
        with pytest.raises(ConfigurationError, match="SMS account is missing"):
            connection_settings(without, "sms-ab12345-2")

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

    @pytest.mark.parametrize(("most", "expected"), [(None, 120), ("", 120), (30, 30), ("500", 500), (100_000, 100_000)])
    def test_calls_per_minute_rise_to_four_times_as_many_or_to_the_number_given(
        self, most: object, expected: int
    ) -> None:
        assert connection_settings(self.with_most(most)).most_calls_per_minute == expected

    @pytest.mark.parametrize("most", [29, 0, 100_001, "many"])
    def test_most_calls_per_minute_are_not_fewer_than_those_to_start_with(self, most: object) -> None:
        with pytest.raises(ConfigurationError, match="Most calls per minute must be a whole number from 30 to 100000"):
            connection_settings(self.with_most(most))

    def with_most(self, most: object) -> Connection:
        given = {"login": "a", "password": "b", "endpoint": "ovh-eu", "consumer_key": "c", "account": "sms-ab12345-1"}
        return connection(**given, calls_per_minute=30, most_calls_per_minute=most)

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
        given = connection(login="a", endpoint="ovh-eu", client_id="id", client_secret="x", account="sms-ab12345-1")
        with pytest.raises(ConfigurationError, match="Application key and OAuth2 client id exclude each other"):
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
