from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ovh_sms.api.credentials import Credentials
from ovh_sms.errors import AuthenticationError, ConfigurationError, MissingRight, NotFound
from support.fake_clock import FakeClock
from support.raw_server import http
from support.sandbox import SandboxProcess
from unit.api.samples import MakeClient, StartServer

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

READ_ACCOUNT = """
import json, sys
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
with OvhSmsClient(credentials=Credentials(**json.loads(sys.argv[1])), account="sms-sb00001-1") as client:
    print(client.account.get().name)
"""


def test_keys_of_the_environment_and_of_ovh_conf_do_not_mix_in(sandbox: SandboxProcess, tmp_path: Path) -> None:
    own = {"application_key", "application_secret", "consumer_key"}
    lines = [f"{name}=foreign" for name in (*own, "client_id", "client_secret")]
    text = "\n".join(["[default]", "endpoint=ovh-ca", f"[{sandbox.endpoint}]", *lines, "[ovh-eu]", *lines])
    for name in ("ovh.conf", ".ovh.conf"):
        (tmp_path / name).write_text(text)
    keys = {name: getattr(sandbox.keys, name) for name in own} | {"endpoint": sandbox.endpoint}
    dead_proxy = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-c", READ_ACCOUNT, json.dumps(keys)],
        cwd=tmp_path,
        env={
            **os.environ,
            **{f"OVH_{name.upper()}": "foreign" for name in own},
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


@pytest.mark.parametrize("names", [["ID", "SECRET"], ["ID"], ["SECRET"]])
def test_an_oauth2_client_of_the_environment_is_refused_beside_an_application_key(
    make_client: MakeClient,
    keys: Credentials,
    oauth2_keys: Credentials,
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
) -> None:
    for name in names:
        monkeypatch.setenv(f"OVH_CLIENT_{name}", "foreign")
    with pytest.raises(ConfigurationError, match="OVH_CLIENT_ID") as caught:
        make_client(credentials=keys).account.get()
    for secret in ("foreign", *keys.secrets):
        assert secret not in str(caught.value)
    assert make_client(credentials=oauth2_keys).account.get().name == "sms-sb00001-1"


def test_the_signature_covers_exactly_the_request_that_is_sent(
    make_client: MakeClient, raw_server: StartServer
) -> None:
    server = raw_server(lambda line: http(404, b'{"class":"Client::NotFound","message":"no such sender"}'))
    keys = server.credentials()
    with pytest.raises(NotFound):
        make_client(credentials=keys).senders.get("Été à 3")
    (line, *headers) = server.heads[-1].split("\r\n")
    sent = {name.lower(): value for name, value in (header.split(": ", 1) for header in headers)}
    path = line.split(" ")[1]
    assert path == "/1.0/sms/sms-sb00001-1/senders/%C3%89t%C3%A9%20%C3%A0%203"
    signed = [keys.application_secret, keys.consumer_key, "GET", f"http://127.0.0.1:{server.port}{path}", ""]
    content = "+".join([*signed, sent["x-ovh-timestamp"]])
    assert sent["x-ovh-signature"] == "$1$" + hashlib.sha1(content.encode()).hexdigest()


def test_names_with_accents_and_blanks_are_signed_as_they_are_sent(make_client: MakeClient) -> None:
    with pytest.raises(NotFound):
        make_client().senders.get("Été à 3")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"application_key": "unknown"}, "Application key"),
        ({"application_secret": "wrong"}, "Application secret"),
        ({"consumer_key": "unknown"}, "Consumer key"),
    ],
)
def test_the_error_names_the_field_of_a_wrong_key(
    make_client: MakeClient, keys: Credentials, wrong: dict[str, str], word: str
) -> None:
    with pytest.raises(AuthenticationError) as caught:
        make_client(credentials=replace(keys, **wrong)).account.get()
    assert word in caught.value.action
    assert caught.value.query_id
    assert "wrong" not in str(caught.value)


def test_an_oauth2_token_is_fetched_once_and_used(
    make_client: MakeClient, oauth2_keys: Credentials, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=oauth2_keys)
    assert client.account.names() == ["sms-sb00001-1", "sms-sb00001-2"]
    assert client.account.get().name == "sms-sb00001-1"
    assert sandbox.calls("GET /auth/time") == 0


def test_a_wrong_oauth2_secret_is_named(make_client: MakeClient, oauth2_keys: Credentials) -> None:
    with pytest.raises(AuthenticationError) as caught:
        make_client(credentials=replace(oauth2_keys, client_secret="wrong")).account.names()
    assert "OAuth2 client" in caught.value.action


def test_an_oauth2_token_is_replaced_shortly_before_its_end(
    make_client: MakeClient, clock: FakeClock, raw_server: StartServer
) -> None:
    token = http(200, b'{"access_token":"t","expires_in":3599}')
    server = raw_server(lambda line: token if "oauth2" in line else http(200, b"[]"))
    keys = Credentials(server.credentials().endpoint, client_id="id", client_secret="secret")
    client = make_client(credentials=keys)
    for seconds, fetched in ((0, 1), (3538, 1), (1, 2)):
        clock.advance(seconds)
        assert client.account.names() == []
        assert len(server.requests("POST /auth/oauth2/token")) == fetched


def test_ovh_lists_no_rights_of_an_oauth2_client(make_client: MakeClient, oauth2_keys: Credentials) -> None:
    with pytest.raises(MissingRight):
        make_client(credentials=oauth2_keys).account.credentials()
