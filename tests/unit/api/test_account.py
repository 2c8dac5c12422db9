from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.purposes import PURPOSES
from ovh_sms.errors import MissingRight
from support.sandbox import SandboxProcess
from unit.api.samples import MakeClient, submission


def client_with(make_client: MakeClient, keys: Credentials, consumer_key: str) -> OvhSmsClient:
    return make_client(credentials=replace(keys, consumer_key=consumer_key))


def test_missing_rights_of_a_key_are_named(make_client: MakeClient, keys: Credentials, sandbox: SandboxProcess) -> None:
    rules = [("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate")]
    client = client_with(make_client, keys, sandbox.key(rules))
    rights = client.account.credentials()
    assert [(rule.method, rule.path) for rule in rights.rules] == rules
    assert rights.status == "validated"
    with pytest.raises(MissingRight) as refused:
        client.account.require("campaign", "opt_outs")
    missing = re.findall("`([A-Z]+ [^`]+)`", str(refused.value))
    assert "POST /sms/sms-sb00001-1/jobs" in missing
    assert "POST /me/document" in missing
    assert not [rule for rule in missing if rule.startswith("GET /sms")]
    assert "ovh-sms rights --account sms-sb00001-1 --for campaign,opt_outs" in str(refused.value)
    client.account.require("opt_outs")
    with pytest.raises(MissingRight, match="`POST /sms/sms-sb00001-1/jobs`"):
        client.jobs.submit(submission())
    assert sandbox.truth()["accepted"] == 0


def test_each_listed_right_is_enough_for_its_call(
    make_client: MakeClient, keys: Credentials, sandbox: SandboxProcess
) -> None:
    rules = [("GET", "/sms/sms-sb00001-1"), ("GET", "/sms/sms-sb00001-1/senders/*")]
    client = client_with(make_client, keys, sandbox.key(rules))
    assert client.account.get().name
    assert client.senders.get("MYSHOP").is_enabled
    with pytest.raises(MissingRight, match="`GET /sms/sms-sb00001-1/senders`"):
        client.senders.names()


def test_a_full_key_lacks_nothing(client: OvhSmsClient) -> None:
    client.account.require(*PURPOSES)
    assert client.account.credentials().expires is None


def test_rights_are_read_once_and_those_of_oauth2_never(
    make_client: MakeClient, keys: Credentials, sandbox: SandboxProcess, client: OvhSmsClient
) -> None:
    before = sandbox.calls("GET /auth/currentCredential")
    for _ in range(3):
        client.account.require("campaign")
    assert sandbox.calls("GET /auth/currentCredential") == before + 1
    oauth2 = Credentials(
        endpoint=keys.endpoint, client_id=sandbox.keys.client_id, client_secret=sandbox.keys.client_secret
    )
    make_client(credentials=oauth2).account.require("campaign")
    assert sandbox.calls("GET /auth/currentCredential") == before + 1
