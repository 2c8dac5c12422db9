from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ovh_sms.api.answers import Answer
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.clock import OvhClock
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.session import open_session
from ovh_sms.api.signing import SignatureSigner, TokenSigner, open_signer
from ovh_sms.errors import AuthenticationError, MissingRight, NotFound, RequestRefused
from support.sandbox import SandboxProcess

MakeClient = Callable[..., OvhSmsClient]

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

READ_ACCOUNT = """
import json, sys
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.clock import OvhClock
from ovh_sms.api.credentials import Credentials
with OvhSmsClient(credentials=Credentials(**json.loads(sys.argv[1])), account="sms-sb00001-1") as client:
    print(client.account().name)
"""


def signature_signer(keys: Credentials) -> SignatureSigner:
    session = open_session(use_environment=not keys.is_sandbox)
    signer = open_signer(keys, session, (5, 5), OvhClock(keys.base_url(), session, (5, 5)))
    assert isinstance(signer, SignatureSigner)
    return signer


def test_our_client_of_python_ovh_has_all_that_its_own_constructor_sets() -> None:
    """Its constructor is not called, since it mixes in foreign keys; a new version must not add to it unseen."""
    import ovh

    theirs = vars(ovh.Client("ovh-eu", "a", "b", "c"))
    ours = vars(signature_signer(Credentials("ovh-eu", "a", "b", "c"))._client)
    assert set(ours) == set(theirs)
    same = ("_endpoint", "_application_key", "_application_secret", "_consumer_key", "_oauth2", "_time_delta")
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}


def test_keys_of_the_environment_and_of_ovh_conf_do_not_mix_in(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    names = ("application_key", "application_secret", "consumer_key", "client_id", "client_secret")
    foreign = dict.fromkeys(names, "foreign")
    lines = [f"{name}={value}" for name, value in foreign.items()]
    text = "\n".join(["[default]", "endpoint=ovh-ca", f"[{sandbox.endpoint}]", *lines, "[ovh-eu]", *lines])
    for name in ("ovh.conf", ".ovh.conf"):
        (tmp_path / name).write_text(text)
    keys = {
        "endpoint": sandbox.endpoint,
        "application_key": sandbox.keys.application_key,
        "application_secret": sandbox.keys.application_secret,
        "consumer_key": sandbox.keys.consumer_key,
    }
    environment = {f"OVH_{name.upper()}": value for name, value in foreign.items()}
    dead_proxy = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-c", READ_ACCOUNT, json.dumps(keys)],
        cwd=tmp_path,
        env={
            **os.environ,
            **environment,
            "OVH_ENDPOINT": "ovh-ca",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(PLUGINS),
            "HTTP_PROXY": dead_proxy,
            "http_proxy": dead_proxy,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "sms-sb00001-1"), done.stderr


def test_a_netrc_entry_adds_no_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    netrc = tmp_path / "netrc"
    netrc.write_text("machine eu.api.ovh.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    request = requests.Request("GET", "https://eu.api.ovh.com/1.0/sms")
    assert "Authorization" in requests.Session().prepare_request(request).headers
    assert "Authorization" not in open_session(use_environment=True).prepare_request(request).headers


def test_the_clock_of_ovh_is_used_and_nonsense_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = signature_signer(Credentials("ovh-eu", "a", "b", "c"))
    assert not signer.is_ready()
    monkeypatch.setattr("time.time", lambda: 1000.0)
    for nonsense in (b"null", b"true", b'"now"', b"1.5", b"{"):
        with pytest.raises(ValueError, match=r"."):
            signer.learn(Answer(200, {}, nonsense))
    signer.learn(Answer(200, {}, b"4600"))
    assert signer.is_ready()
    assert signer._client.time_delta == 3600


def test_what_is_signed_is_what_is_sent(sandbox: SandboxProcess, keys: Credentials) -> None:
    """Computed here by hand, over the very request that left."""
    from ovh_sms.api.calls import Call

    signer = signature_signer(keys)
    time_answer = signer.ask()
    signer.learn(Answer(200, time_answer.headers, time_answer.content))
    values = {"account": "sms-sb00001-1", "sender": "Été à 3"}
    call = Call("GET", "/sms/{account}/senders/{sender}", values, {"x": "é &"})
    sent = signer.send(call).request
    stamp = sent.headers["X-Ovh-Timestamp"]
    signed = "+".join([keys.application_secret, keys.consumer_key, "GET", str(sent.url), "", stamp])
    assert sent.headers["X-Ovh-Signature"] == "$1$" + hashlib.sha1(signed.encode()).hexdigest()
    assert sent.url == f"{sandbox.endpoint}/sms/sms-sb00001-1/senders/%C3%89t%C3%A9%20%C3%A0%203?x=%C3%A9+%26"
    signer._client._session.close()


def test_names_with_accents_and_blanks_are_signed_as_they_are_sent(make_client: MakeClient) -> None:
    with pytest.raises(NotFound):
        make_client().sender("Été à 3")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"application_key": "unknown"}, "Application key"),
        ({"application_secret": "wrong"}, "Application secret"),
        ({"consumer_key": "unknown"}, "Consumer key"),
    ],
)
def test_wrong_keys_are_told_by_field(
    make_client: MakeClient, keys: Credentials, wrong: dict[str, str], word: str
) -> None:
    from dataclasses import replace

    with pytest.raises(AuthenticationError) as caught:
        make_client(credentials=replace(keys, **wrong)).account()
    assert word in caught.value.action
    assert caught.value.query_id
    assert "wrong" not in str(caught.value)


def test_a_machine_whose_clock_is_wrong_works_all_the_same(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    real = time.time
    monkeypatch.setattr("time.time", lambda: real() - 86_400)
    assert make_client().account().name == "sms-sb00001-1"


class TestOAuth2:
    @pytest.fixture
    def oauth2(self, sandbox: SandboxProcess) -> Credentials:
        return Credentials(
            sandbox.endpoint, client_id=sandbox.keys.client_id, client_secret=sandbox.keys.client_secret
        )

    def test_a_token_is_fetched_once_and_used(
        self, make_client: MakeClient, oauth2: Credentials, sandbox: SandboxProcess
    ) -> None:
        client = make_client(credentials=oauth2)
        assert client.accounts() == ["sms-sb00001-1", "sms-sb00001-2"]
        assert client.account().name == "sms-sb00001-1"
        assert sandbox.calls("GET /auth/time") == 0

    def test_a_wrong_secret_is_told_by_field(self, make_client: MakeClient, oauth2: Credentials) -> None:
        wrong = Credentials(oauth2.endpoint, client_id=oauth2.client_id, client_secret="wrong")
        with pytest.raises(AuthenticationError) as caught:
            make_client(credentials=wrong).accounts()
        assert "OAuth2 client" in caught.value.action

    def test_a_token_soon_over_is_replaced(
        self, make_client: MakeClient, oauth2: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import time

        client = make_client(credentials=oauth2)
        client.accounts()
        signer = client._transport._signer
        assert isinstance(signer, TokenSigner)
        first = signer._token
        real = time.monotonic
        monkeypatch.setattr("time.monotonic", lambda: real() + 3600 - 60)
        client.accounts()
        assert signer._token != first

    def test_what_ovh_does_not_tell_is_a_refusal(self, make_client: MakeClient, oauth2: Credentials) -> None:
        with pytest.raises((MissingRight, RequestRefused)):
            make_client(credentials=oauth2).whoami()
