from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.models import AccessRule
from ovh_sms.api.purposes import PURPOSES, with_others
from ovh_sms.api.rights import RIGHTS, action_for, is_granted, needed_rules
from ovh_sms.errors import ConfigurationError

SPECS = Path(os.environ.get("OVH_SMS_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "ovh-api")

ROUTES = {
    "slot": "slotId",
    "document": "id",
    "job": "id",
    "batch": "id",
    "outgoing": "id",
    "incoming": "id",
    "check": "id",
    "order": "orderId",
    "detail": "orderDetailId",
    "payment": "paymentMethodId",
    "account": "serviceName",
}


@pytest.mark.parametrize(
    ("needed", "rule", "granted"),
    [
        ("GET /sms", ("GET", "/sms"), True),
        ("GET /sms", ("GET", "/sms/*"), False),
        ("GET /sms", ("GET", "/*"), True),
        ("GET /sms/a/jobs", ("GET", "/sms/*"), True),
        ("GET /sms/a/jobs", ("POST", "/sms/*"), False),
        ("GET /sms/a/jobs", ("GET", "/sms/b/*"), False),
        ("GET /sms/a/jobs/*", ("GET", "/sms/a/jobs/*"), True),
        ("GET /sms/a/jobs/*", ("GET", "/sms/a/jobs/12"), False),
        ("GET /sms/a/jobs/*", ("GET", "/sms/*/jobs/*"), True),
        ("GET /sms/a/jobs/*", ("GET", "/sms/a/jobs"), False),
        ("GET /sms/a.b", ("GET", "/sms/axb"), False),
    ],
)
def test_rules_grant_as_ovhs_do(needed: str, rule: tuple[str, str], granted: bool) -> None:
    rules = [AccessRule(method=method, path=path) for method, path in (("PUT", "/nothing"), rule)]
    assert is_granted(needed, rules) is granted


def test_rules_of_a_purpose_name_the_account() -> None:
    assert needed_rules(["replies"], "sms-xx-1") == ["GET /sms/sms-xx-1/incoming", "GET /sms/sms-xx-1/incoming/*"]
    assert "POST /sms/sms-xx-1/jobs" in needed_rules(["campaign"], "sms-xx-1")
    assert not [rule for rule in needed_rules(["campaign", "report"], "a") if "order" in rule]
    assert "POST /order/sms/sms-xx-1/credits" in needed_rules(["topup"], "sms-xx-1")


def test_a_rule_that_another_one_includes_is_not_needed() -> None:
    rules = needed_rules(["topup"], "a")
    assert "GET /me/order" in rules
    assert [rule for rule in rules if rule.startswith("GET /me/order/")] == ["GET /me/order/*"]
    assert "GET /sms/a" in needed_rules(["campaign"], "a"), "no other one includes it"


def test_an_unknown_purpose_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)fly.*campaign, report"):
        needed_rules(["fly"], "a")


def test_purposes_come_with_those_beside_them() -> None:
    assert with_others(["ovh_batches"]) == ("campaign", "report", "cancel", "ovh_batches")
    assert with_others(PURPOSES) == tuple(PURPOSES)


def test_actions_by_call() -> None:
    assert action_for("POST", "/sms/{account}/jobs") == "sms:apiovh:jobs/create"
    assert action_for("GET", "/sms/ptts") == ""
    assert action_for("GET", "/nowhere") == ""


@pytest.mark.reference
@pytest.mark.skipif(not SPECS.is_dir(), reason=f"OVH's API description is not at {SPECS} (OVH_SMS_SPECS)")
def test_every_right_is_a_call_of_ovh_with_the_action_that_ovh_lists() -> None:
    described: dict[tuple[str, str], Any] = {}
    for file in SPECS.glob("*.openapi.json"):
        for path, methods in json.loads(file.read_text())["paths"].items():
            described.update({(method.upper(), path): operation for method, operation in methods.items()})
    for right in RIGHTS:
        path = right.template
        for ours, theirs in ROUTES.items():
            path = path.replace(f"{{{ours}}}", f"{{{theirs}}}")
        actions = [action["name"] for action in described[right.method, path].get("x-iam-actions") or []]
        assert [right.action] == (actions or [""]), right
    assert len(RIGHTS) == 56
