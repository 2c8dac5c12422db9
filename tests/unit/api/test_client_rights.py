"""What a key may do, and how what it lacks is told, against the sandbox."""

from __future__ import annotations

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.errors import MissingRight
from support.sandbox import SandboxProcess
from unit.api.test_client_sending import MakeClient, job


class TestRights:
    def test_what_a_key_lacks_is_named(self, make_client: MakeClient, sandbox: SandboxProcess) -> None:
        consumer = sandbox.key([("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate")])
        client = make_client(credentials=_with_key(sandbox, consumer))
        rights = client.whoami()
        assert rights.rules == (("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate"))
        assert rights.status == "validated"
        missing = client.missing_rights()
        assert "POST /sms/sms-sb00001-1/jobs" in missing
        assert "POST /me/document" in missing
        assert not [rule for rule in missing if rule.startswith("GET /sms")]
        assert client.missing_rights(["reports"]) == []
        with pytest.raises(MissingRight, match="`POST /sms/sms-sb00001-1/jobs`"):
            client.send_job(job())
        assert sandbox.truth()["accepted"] == 0

    def test_each_right_that_is_listed_is_enough_for_its_call(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        rules = [
            tuple(rule.split(" ", 1))
            for rule in ["GET /sms/sms-sb00001-1", "GET /sms/sms-sb00001-1/senders/*"]
        ]
        client = make_client(credentials=_with_key(sandbox, sandbox.key(rules)))  # type: ignore[arg-type]
        assert client.account().name
        assert client.sender("MYSHOP").is_enabled
        with pytest.raises(MissingRight, match="`GET /sms/sms-sb00001-1/senders`"):
            client.senders()

    def test_a_full_key_lacks_nothing(self, client: OvhSmsClient) -> None:
        assert client.missing_rights() == []
        assert client.whoami().expires is None


def _with_key(sandbox: SandboxProcess, consumer: str) -> object:
    return Credentials(
        sandbox.endpoint, sandbox.keys.application_key, sandbox.keys.application_secret, consumer_key=consumer
    )
