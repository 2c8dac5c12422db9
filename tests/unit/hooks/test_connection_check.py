from __future__ import annotations

from collections.abc import Callable

import pytest

from ovh_sms.api.rights import needed_rules
from ovh_sms.errors import AuthenticationError
from ovh_sms.hooks.connection_check import USUAL_PURPOSES
from ovh_sms.hooks.sms import OvhSmsHook
from support.sandbox import SandboxProcess

Connect = Callable[..., None]

ACCOUNT = "sms-sb00001-1"


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
        assert "These would fail: sms_campaign_<name>, sms_campaign_cancel, ovh-sms cancel." in text
        assert missing == [
            f"POST /sms/{ACCOUNT}/receivers",
            f"DELETE /sms/{ACCOUNT}/receivers/*",
            "POST /me/document",
            "PUT /me/document/*",
            f"POST /sms/{ACCOUNT}/jobs",
            f"DELETE /sms/{ACCOUNT}/jobs/*",
        ]
        assert "The key does not serve: test, " in text
        assert ", topup, payment, " in text
        assert "100000 credits" in text

    def test_rights_for_a_campaign_but_not_for_orders_are_good(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        rules = [(m, f"/{p}") for m in ("GET", "POST", "PUT", "DELETE") for p in ("sms", "sms/*", "me/document*")]
        connect_sandbox(consumer_key=sandbox.key(rules, expires_in=3600))
        good, text = OvhSmsHook().test_connection()
        assert good, text
        assert (
            "The key does not serve: topup, payment; 'ovh-sms rights --account sms-sb00001-1 --for topup' lists" in text
        )
        assert "Rights that are more than needed for anything that this package does: GET /sms, GET /sms/*, " in text
        assert "The consumer key ends on 20" in text

    def test_the_rights_of_replies_are_named_though_a_campaign_needs_none(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        subs = ("", "/senders*", "/receivers*", "/jobs*", "/outgoing*", "/blacklists*", "/document")
        paths = ["/sms", *(f"/sms/{ACCOUNT}{each}" for each in subs), "/sms/estimate", "/me/document*"]
        rules = [(method, path) for method in ("GET", "POST", "PUT", "DELETE") for path in paths]
        connect_sandbox(consumer_key=sandbox.key(rules))
        good, text = OvhSmsHook().test_connection()
        assert good, text
        assert "replies, callbacks, topup, " in text.split("The key does not serve: ")[1]

    def test_the_fewest_rights_are_neither_too_few_nor_too_many(
        self, connect_sandbox: Connect, sandbox: SandboxProcess
    ) -> None:
        rules = [(rule.split(" ")[0], rule.split(" ")[1]) for rule in needed_rules(USUAL_PURPOSES, ACCOUNT)]
        connect_sandbox(consumer_key=sandbox.key(rules))
        good, text = OvhSmsHook().test_connection()
        assert good, text
        assert "more than needed" not in text

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
