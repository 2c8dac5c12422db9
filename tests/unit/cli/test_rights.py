"""``ovh-sms rights``: the fewest rules, a key that has exactly these once a person has validated it, a policy."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from ovh_sms.api.rights import needed_rights, needed_rules
from ovh_sms.errors import AuthenticationError, MissingRight
from ovh_sms.hooks.sms import OvhSmsHook
from support.airflow_task import connection
from support.cli import Command
from support.sandbox import SandboxProcess

ACCOUNT = "sms-xx1-1"


def test_the_fewest_rules_of_some_purposes_are_listed(ovh_sms: Command) -> None:
    done = ovh_sms("rights", "--account", ACCOUNT, "--for", "campaign, report")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == needed_rules(["campaign", "report"], ACCOUNT)


def test_purposes_that_another_one_needs_are_added_and_said(ovh_sms: Command) -> None:
    done = ovh_sms("rights", "--account", ACCOUNT, "--for", "destinations")
    first, *rules = done.out.splitlines()
    assert first == "# with those of campaign, which are needed too"
    assert rules == needed_rules(["campaign", "destinations"], ACCOUNT)
    shown = json.loads(ovh_sms("rights", "--account", ACCOUNT, "--for", "destinations", "--json").out)
    assert shown == {"account": ACCOUNT, "purposes": ["campaign", "destinations"], "rules": rules}


def test_without_a_purpose_all_are_listed_with_those_who_use_them(ovh_sms: Command) -> None:
    done = ovh_sms("rights")
    assert "cancel           cancel what waits: sms_campaign_cancel, ovh-sms cancel" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--for", "flying"), "There is no purpose flying"),
        (("--request",), "Nobody said what the key is for"),
        (("--for", "report", "--request", "--iam"), "Give one of them"),
        (("--for", "report", "--iam", "--region", "moon"), "There is no region 'moon'"),
    ],
)
def test_what_cannot_be_meant_is_refused(ovh_sms: Command, arguments: tuple[str, ...], says: str) -> None:
    done = ovh_sms("rights", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_key_that_was_asked_for_serves_its_purposes_once_a_person_has_opened_the_address(
    ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=""))
    done = ovh_sms("rights", "--account", sandbox.account_name, "--for", "opt_outs", "--request", "--json")
    assert (done.code, done.err) == (0, "")
    shown = json.loads(done.out)
    assert shown["state"] == "pendingValidation"
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=shown["consumer_key"]))
    with pytest.raises(AuthenticationError, match="nobody has validated it yet"):
        OvhSmsHook().client.blacklists.numbers()
    with urllib.request.urlopen(shown["validation_url"]) as page:
        assert b"valid now" in page.read()
    client = OvhSmsHook().client
    assert client.blacklists.numbers() == []
    held = [f"{rule.method} {rule.path}" for rule in client.account.credentials().rules]
    assert held == needed_rules(["opt_outs"], sandbox.account_name)
    with pytest.raises(MissingRight):
        client.account.get()


def test_the_text_says_where_the_key_belongs(ovh_sms: Command, sandbox: SandboxProcess) -> None:
    done = ovh_sms("rights", "--account", sandbox.account_name, "--for", "opt_outs", "--request")
    assert re.search(r"Open this address, .*: http://127\.0\.0\.1:\d+/auth/\?credentialToken=\S+", done.out)
    assert re.search(r"field Consumer key of the connection ovh_sms_default .*: asked[0-9a-f]{28}", done.out)


def test_a_key_is_asked_for_the_connections_own_account_alone(
    ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = json.loads(ovh_sms("rights", "--for", "report", "--request", "--json").out)
    assert (own["account"], own["rules"]) == (sandbox.account_name, needed_rules(["report"], sandbox.account_name))
    sandbox.reset_calls()
    other = ovh_sms("rights", "--account", ACCOUNT, "--for", "report", "--request")
    assert (other.code, other.out) == (2, "")
    assert f"is for the SMS account {sandbox.account_name}, not for {ACCOUNT}. OVH was not called." in other.err
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account=""))
    nobodys = ovh_sms("rights", "--for", "report", "--request")
    assert (nobodys.code, "SMS account is missing" in nobodys.err) == (2, True)
    assert sandbox.calls()["total"] == 0
    named = json.loads(ovh_sms("rights", "--account", ACCOUNT, "--for", "report", "--request", "--json").out)
    assert named["account"] == ACCOUNT


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"login": ""}, 2, "Application key is missing"),
        ({"login": "unknown"}, 2, "Check the Application key"),
        ({"endpoint": "http://127.0.0.1:9/1.0"}, 3, "cannot be reached"),
    ],
)
def test_no_key_comes_of_a_wrong_application(
    ovh_sms: Command,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    code: int,
    says: str,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, **changes))
    done = ovh_sms("rights", "--for", "report", "--request")
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_the_policy_allows_exactly_the_actions_on_the_account(ovh_sms: Command) -> None:
    policy = json.loads(ovh_sms("rights", "--account", ACCOUNT, "--for", "campaign,report", "--iam").out)
    wanted = {right.action for right in needed_rights(["campaign", "report"])} - {""}
    assert {each["action"] for each in policy["permissions"]["allow"]} == wanted
    assert [each["urn"] for each in policy["resources"]] == [
        f"urn:v1:eu:resource:sms:{ACCOUNT}",
        "urn:v1:eu:resource:account:CUSTOMER",
    ]
    alone = json.loads(ovh_sms("rights", "--account", ACCOUNT, "--for", "replies", "--iam", "--region", "ca").out)
    assert [each["urn"] for each in alone["resources"]] == [f"urn:v1:ca:resource:sms:{ACCOUNT}"]
