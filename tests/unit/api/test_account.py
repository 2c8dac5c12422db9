from __future__ import annotations

from dataclasses import replace

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
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
    missing = client.account.missing_rights()
    assert "POST /sms/sms-sb00001-1/jobs" in missing
    assert "POST /me/document" in missing
    assert not [rule for rule in missing if rule.startswith("GET /sms")]
    assert client.account.missing_rights(["reports"]) == []
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
    assert client.account.missing_rights() == []
    assert client.account.credentials().expires is None
