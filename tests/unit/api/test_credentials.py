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
        ("https://eu.api.ovh.com/1.0", False),
        ("https://EU.api.OVH.com/1.0/", False),
        ("https://ca.api.ovh.com:443/1.0", False),
        ("https://api.us.ovhcloud.com/1.0", False),
        ("http://127.0.0.1:8080/1.0", True),
        ("http://127.8.9.1/1.0", True),
        ("http://[::1]:8080/1.0", True),
        ("http://localhost:8080/1.0", True),
        ("http://LOCALHOST/1.0", True),
    ],
)
def test_only_ovh_and_this_machine_are_an_endpoint(endpoint: str, sandbox: bool) -> None:
    assert endpoint_problem(endpoint) is None
    assert Credentials(endpoint).is_sandbox is sandbox


@pytest.mark.parametrize("endpoint", ["http://ovh-sandbox:8080/1.0", "http://Box.test/1.0"])
def test_a_sandbox_on_another_host_must_be_named(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "neither OVH's own" in (endpoint_problem(endpoint) or "")
    assert not Credentials(endpoint).is_sandbox
    monkeypatch.setenv("OVH_SMS_SANDBOX_HOST", "ovh-sandbox, box.TEST")
    assert endpoint_problem(endpoint) is None
    assert Credentials(endpoint).is_sandbox


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("https://EU.api.ovh.com/1.0/", "ovh-eu"),
        ("https://ca.api.ovh.com/1.0", "ovh-ca"),
        ("https://api.us.ovhcloud.com:443/1.0", "ovh-us"),
    ],
)
def test_the_address_of_an_endpoint_is_the_endpoint_with_its_tokens(endpoint: str, name: str) -> None:
    given, named = Credentials(endpoint), Credentials(name)
    assert (given.base_url(), given.token_url()) == (named.base_url(), named.token_url())


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ovh.example/1.0",
        "https://10.0.0.1/1.0",
        "https://eu.api.ovh.com.evil.test/1.0",
        "https://eu.api.ovh.com./1.0",
        "https://evil.test/eu.api.ovh.com/1.0",
        "https://eu.api.ovh.com@evil.test/1.0",
        "https://@eu.api.ovh.com/1.0",
        "https://evil.test\\@eu.api.ovh.com/1.0",
        "https://evil.test\\.eu.api.ovh.com/1.0",
        "https://evil.test#.eu.api.ovh.com/1.0",
        "https://eu.api.ovh.com\t.evil.test/1.0",
        "https://eu.api.ovh.com:8443/1.0",
        "https://\u212au.api.ovh.com/1.0",
        "https://eu\u3002api.ovh.com/1.0",
        "https://eu.api.ovh.com/1.0/../../x/1.0",
        "https://localhost.evil.example/1.0",
        "https://127.0.0.1.evil.example/1.0",
        "https://localhost./1.0",
        "http://2130706433.evil.test/1.0",
        "http://0.0.0.0/1.0",
        "http://sandbox/1.0",
        "https://eu.api.kimsufi.com/1.0",
    ],
)
def test_any_other_host_gets_no_key_and_no_token_is_asked_for_there(endpoint: str) -> None:
    assert endpoint_problem(endpoint) is not None
    keys = Credentials(endpoint, client_id="id", client_secret="secret")
    assert not keys.is_sandbox
    for address in (keys.base_url, keys.token_url):
        with pytest.raises(ConfigurationError, match="OVH was not called") as caught:
            address()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "word"),
    [
        ("ovh-de", "one of ovh-eu"),
        ("eu.api.ovh.com", "one of ovh-eu"),
        ("ftp://127.0.0.1/1.0", "one of ovh-eu"),
        ("http://eu.api.ovh.com/1.0", "https"),
        ("http://10.0.0.1:8080/1.0", "neither OVH's own"),
        ("http://user@127.0.0.1/1.0", "plain URL"),
        ("http://127.0.0.1/1.0?x=1", "plain URL"),
        ("http://127.0.0.1:notaport/1.0", "URL"),
        ("http://[::1/1.0", "URL"),
        ("http://127.0.0.1:8080", "end in /1.0"),
        ("https://eu.api.ovh.com/2.0/", "end in /1.0"),
        ("https://eu.api.ovh.com/v1", "end in /1.0"),
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
