from __future__ import annotations

import pytest

from ovh_sms.api.credentials import Credentials, endpoint_problem
from ovh_sms.errors import ConfigurationError


@pytest.mark.parametrize(
    ("endpoint", "sandbox"),
    [
        ("ovh-eu", False),
        ("ovh-ca", False),
        ("ovh-us", False),
        ("http://127.0.0.1:8080/1.0", True),
        ("http://127.8.9.1/1.0", True),
        ("http://[::1]:8080/1.0", True),
        ("http://localhost:8080/1.0", True),
        ("http://LOCALHOST/1.0", True),
        ("http://ovh-sandbox:8080/1.0", True),
        ("http://sandbox/1.0", True),
        ("https://eu.api.ovh.com/1.0", False),
        ("https://localhost.evil.example/1.0", False),
        ("https://127.0.0.1.evil.example/1.0", False),
        ("https://10.0.0.1/1.0", False),
    ],
)
def test_only_this_machine_and_the_sandbox_service_are_a_sandbox(endpoint: str, sandbox: bool) -> None:
    assert endpoint_problem(endpoint) is None
    assert Credentials(endpoint).is_sandbox is sandbox


@pytest.mark.parametrize(
    ("endpoint", "word"),
    [
        ("ovh-de", "one of ovh-eu"),
        ("eu.api.ovh.com", "one of ovh-eu"),
        ("ftp://127.0.0.1/1.0", "one of ovh-eu"),
        ("http://eu.api.ovh.com/1.0", "https"),
        ("http://10.0.0.1:8080/1.0", "https"),
        ("http://user@127.0.0.1/1.0", "plain URL"),
        ("http://127.0.0.1/1.0?x=1", "plain URL"),
        ("http://127.0.0.1:notaport/1.0", "URL"),
        ("http://[::1/1.0", "URL"),
        ("http://127.0.0.1:8080", "end in /1.0"),
        ("https://eu.api.ovh.com/2.0/", "end in /1.0"),
    ],
)
def test_an_endpoint_that_cannot_be_used_says_why(endpoint: str, word: str) -> None:
    assert word in (endpoint_problem(endpoint) or "")
    with pytest.raises(ConfigurationError, match="Endpoint"):
        Credentials(endpoint).base_url()


def test_no_secret_is_ever_printed() -> None:
    keys = Credentials("ovh-eu", "the-key", "the-secret", "the-consumer", "", "the-client-secret")
    for shown in (repr(keys), str(keys), f"{keys}", repr([keys])):
        assert "secret" not in shown.replace("secrets hidden", "")
        assert "the-" not in shown
    assert set(keys.secrets) == {"the-key", "the-secret", "the-consumer", "the-client-secret"}


def test_addresses_of_live_endpoints_are_ovhs_own() -> None:
    keys = Credentials("ovh-eu", client_id="id", client_secret="secret")
    assert keys.base_url() == "https://eu.api.ovh.com/1.0"
    assert keys.token_url() == "https://www.ovh.com/auth/oauth2/token"
    assert keys.uses_oauth2


def test_addresses_of_a_sandbox_come_from_its_url() -> None:
    keys = Credentials("http://127.0.0.1:8080/1.0/")
    assert keys.base_url() == "http://127.0.0.1:8080/1.0"
    assert keys.token_url() == "http://127.0.0.1:8080/auth/oauth2/token"
    assert not keys.uses_oauth2
