"""The right that each call needs: its access rule, its IAM action, and the tasks of a campaign that make it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ovh_sms.api.calls import rule_path
from ovh_sms.api.models import AccessRule
from ovh_sms.errors import ConfigurationError


@dataclass(frozen=True)
class Right:
    """One right: a call and its names in OVH's two systems of rights.

    :param action: IAM action, for OAuth2; empty if OVH lists none.
    """

    method: str
    template: str
    action: str
    tasks: tuple[str, ...]

    def rule(self, account: str) -> str:
        """Return the access rule of a consumer key, such as ``POST /sms/sms-xx-1/jobs``."""
        return f"{self.method} {rule_path(self.template, account)}"


_SMS = "/sms/{account}"

#: Every call of this package. A test compares it with OVH's own description of the API.
RIGHTS = (
    Right("GET", "/sms", "sms:apiovh:get", ("accounts",)),
    Right("GET", _SMS, "sms:apiovh:get", ("account", "credits", "transfer", "recredit", "callbacks")),
    Right("GET", f"{_SMS}/senders", "sms:apiovh:senders/get", ("senders",)),
    Right("GET", f"{_SMS}/senders/{{sender}}", "sms:apiovh:senders/get", ("senders",)),
    Right("POST", "/sms/estimate", "account:apiovh:sms/estimate", ("estimate",)),
    Right("GET", f"{_SMS}/receivers", "sms:apiovh:receivers/get", ("receivers",)),
    Right("POST", f"{_SMS}/receivers", "sms:apiovh:receivers/create", ("receivers",)),
    Right("GET", f"{_SMS}/receivers/{{slot}}", "sms:apiovh:receivers/get", ("receivers",)),
    Right("DELETE", f"{_SMS}/receivers/{{slot}}", "sms:apiovh:receivers/delete", ("receivers",)),
    Right("GET", f"{_SMS}/receivers/{{slot}}/csv", "sms:apiovh:receivers/csv/get", ("inspect",)),
    Right("POST", "/me/document", "account:apiovh:me/document/create", ("receivers",)),
    Right("GET", "/me/document/{document}", "account:apiovh:me/document/get", ("receivers", "export")),
    Right("PUT", "/me/document/{document}", "account:apiovh:me/document/edit", ("receivers",)),
    Right("DELETE", "/me/document/{document}", "account:apiovh:me/document/delete", ("inspect",)),
    Right("GET", f"{_SMS}/jobs", "sms:apiovh:jobs/get", ("send",)),
    Right("POST", f"{_SMS}/jobs", "sms:apiovh:jobs/create", ("send",)),
    Right("GET", f"{_SMS}/jobs/{{job}}", "sms:apiovh:jobs/get", ("send",)),
    Right("DELETE", f"{_SMS}/jobs/{{job}}", "sms:apiovh:jobs/delete", ("cancel",)),
    Right("GET", f"{_SMS}/batches", "sms:apiovh:batches/get", ("ovh_batches",)),
    Right("POST", f"{_SMS}/batches", "sms:apiovh:batches/create", ("ovh_batches",)),
    Right("GET", f"{_SMS}/batches/{{batch}}", "sms:apiovh:batches/get", ("ovh_batches",)),
    Right("POST", f"{_SMS}/batches/{{batch}}/cancel", "sms:apiovh:batches/cancel", ("ovh_batches",)),
    Right("GET", f"{_SMS}/batches/{{batch}}/statistics", "sms:apiovh:batches/statistics/get", ("ovh_batches",)),
    Right("GET", f"{_SMS}/outgoing", "sms:apiovh:outgoing/get", ("send", "reports")),
    Right("GET", f"{_SMS}/outgoing/{{outgoing}}", "sms:apiovh:outgoing/get", ("reports",)),
    Right("GET", f"{_SMS}/document", "sms:apiovh:document/get", ("export",)),
    Right("GET", f"{_SMS}/blacklists", "sms:apiovh:blacklists/get", ("stops", "callbacks")),
    Right("GET", f"{_SMS}/blacklists/{{number}}", "sms:apiovh:blacklists/get", ("stops",)),
    Right("GET", f"{_SMS}/incoming", "sms:apiovh:incoming/get", ("replies",)),
    Right("GET", f"{_SMS}/incoming/{{incoming}}", "sms:apiovh:incoming/get", ("replies", "callbacks")),
    Right("GET", "/sms/ptts", "", ("inspect",)),
    Right("GET", "/sms/rates/destinations", "", ("rates",)),
    Right("GET", "/sms/rates/packs", "", ("rates",)),
    Right("GET", "/order/sms/{account}/credits", "order:apiovh:sms/credits/get", ("credits",)),
    Right("POST", "/order/sms/{account}/credits", "order:apiovh:sms/credits/create", ("credits",)),
    Right("GET", "/me/order", "account:apiovh:me/order/get", ("credits",)),
    Right("GET", "/me/order/{order}", "account:apiovh:me/order/get", ("credits",)),
    Right("GET", "/me/order/{order}/status", "account:apiovh:me/order/status/get", ("credits",)),
    Right("GET", "/me/order/{order}/details", "account:apiovh:me/order/details/get", ("credits",)),
    Right("GET", "/me/order/{order}/details/{detail}", "account:apiovh:me/order/details/get", ("credits",)),
    Right("GET", "/me/payment/method", "account:apiovh:me/payment/method/get", ("payment",)),
    Right("GET", "/me/payment/method/{payment}", "account:apiovh:me/payment/method/get", ("payment",)),
    Right("GET", "/me/order/{order}/paymentMethods", "account:apiovh:me/order/paymentMethods/get", ("payment",)),
    Right("POST", "/me/order/{order}/pay", "account:apiovh:me/order/pay", ("payment",)),
    Right("POST", f"{_SMS}/transferCredits", "sms:apiovh:transferCredits", ("transfer",)),
    Right("PUT", _SMS, "sms:apiovh:put", ("recredit", "callbacks")),
    Right("GET", f"{_SMS}/users", "sms:apiovh:users/get", ("callbacks",)),
    Right("GET", f"{_SMS}/users/{{login}}", "sms:apiovh:users/get", ("callbacks",)),
    Right("PUT", f"{_SMS}/users/{{login}}", "sms:apiovh:users/edit", ("callbacks",)),
)

#: Tasks of a campaign from the contact list to the report, or to its cancellation.
CAMPAIGN_TASKS = ("account", "senders", "estimate", "receivers", "send", "cancel", "reports", "export", "stops")

#: Tasks of sending by OVH batches, beside those of a campaign.
OVH_BATCHES_TASKS = ("ovh_batches",)

#: Tasks of collecting replies.
REPLIES_TASKS = ("replies",)

#: Tasks of setting callbacks and of working them off.
CALLBACKS_TASKS = ("callbacks",)

#: Tasks of a top-up of credits, without paying.
CREDITS_TASKS = ("credits",)

#: Tasks of a top-up that also pays its orders.
PAYMENT_TASKS = ("credits", "payment")

#: Tasks of a transfer of credits; the target account needs ``GET /sms/{account}`` too.
TRANSFER_TASKS = ("transfer",)

#: Tasks of setting the recredit that OVH makes by itself.
RECREDIT_TASKS = ("recredit",)


def action_for(method: str, template: str) -> str:
    """Return the IAM action that a call needs; empty if OVH lists none."""
    return next((r.action for r in RIGHTS if (r.method, r.template) == (method, template)), "")


def needed_rules(tasks: Iterable[str], account: str) -> list[str]:
    """List the access rules that some tasks need on one account, each such as ``GET /sms/sms-xx-1/jobs/*``.

    :raises ovh_sms.errors.ConfigurationError: a task does not exist.
    """
    asked = set(tasks)
    known = {task for right in RIGHTS for task in right.tasks}
    if asked - known:
        raise ConfigurationError(
            f"There is no task {', '.join(sorted(asked - known))}. No right was checked.",
            action=f"Use {', '.join(sorted(known))}.",
        )
    return [right.rule(account) for right in RIGHTS if asked & set(right.tasks)]


def is_granted(needed: str, rules: Iterable[AccessRule]) -> bool:
    """Return whether a key's rules allow everything that one needed rule asks for.

    ``*`` in a key's rule matches anything, slashes included; ``/sms`` and ``/sms/*`` are two different rules.

    :param needed: such as ``GET /sms/sms-xx-1/jobs/*``.
    """
    method, path = needed.split(" ", 1)
    return any(method == rule.method and _pattern(rule.path).fullmatch(path) for rule in rules)


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(literal) for literal in rule.split("*")))
