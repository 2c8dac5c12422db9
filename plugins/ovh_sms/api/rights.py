"""The right that each call needs: its access rule, its IAM action, and the purposes that make it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ovh_sms.api.calls import rule_path
from ovh_sms.api.models import AccessRule
from ovh_sms.api.purposes import known_purposes


@dataclass(frozen=True)
class Right:
    """One right: a call and its names in OVH's two systems of rights.

    :param action: IAM action, for OAuth2; empty if OVH lists none.
    :param purposes: those of :data:`ovh_sms.api.purposes.PURPOSES` that fail without it.
    :param helps: purposes that make the call, and do without it.
    """

    method: str
    template: str
    action: str
    purposes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()

    def rule(self, account: str) -> str:
        """Return the access rule of a consumer key, such as ``POST /sms/sms-xx-1/jobs``."""
        return f"{self.method} {rule_path(self.template, account)}"


_SMS = "/sms/{account}"
_ORDERS = ("topup", "payment")
_TRANSFER = ("transfer", "transfer_target")
_EXPORTS = ("report", "usage", "restored", "rebuild")
#: Purposes that send: each submits, and reconciles a submission whose answer was lost.
_SEND = ("campaign", "test", "outbox", "answers")
#: Purposes that compare credits before and after, and know orders that explain them.
_WITNESS = ("campaign", "ovh_batches", "test", "outbox", "answers", *_TRANSFER, "number_checks")

#: Purposes that know by the orders what credits have cost, or which ones were ordered.
_READS_ORDERS = (*_WITNESS, "usage")

#: Every call of this package. A test compares it with OVH's own description of the API.
RIGHTS = (
    Right("GET", "/sms", "sms:apiovh:get", helps=("connection",)),
    Right(
        "GET",
        _SMS,
        "sms:apiovh:get",
        (*_SEND, *_ORDERS, *_TRANSFER, "recredit", "callbacks", "users", "number_checks", "usage"),
    ),
    Right("GET", f"{_SMS}/senders", "sms:apiovh:senders/get", ("campaign", "outbox", "senders")),
    Right("GET", f"{_SMS}/senders/{{sender}}", "sms:apiovh:senders/get", ("campaign", "outbox", "senders")),
    Right("POST", f"{_SMS}/senders", "sms:apiovh:senders/create", ("senders",)),
    Right("POST", f"{_SMS}/senders/{{sender}}/validate", "sms:apiovh:senders/validate", ("senders",)),
    Right("POST", "/sms/estimate", "account:apiovh:sms/estimate", ("campaign",)),
    Right("GET", f"{_SMS}/receivers", "sms:apiovh:receivers/get", ("campaign",)),
    Right("POST", f"{_SMS}/receivers", "sms:apiovh:receivers/create", ("campaign",)),
    Right("GET", f"{_SMS}/receivers/{{slot}}", "sms:apiovh:receivers/get", ("campaign",)),
    Right("DELETE", f"{_SMS}/receivers/{{slot}}", "sms:apiovh:receivers/delete", ("campaign",)),
    Right("GET", f"{_SMS}/receivers/{{slot}}/csv", "sms:apiovh:receivers/csv/get", helps=("inspect",)),
    Right("POST", "/me/document", "account:apiovh:me/document/create", ("campaign",)),
    Right("GET", "/me/document/{document}", "account:apiovh:me/document/get", _EXPORTS),
    Right("PUT", "/me/document/{document}", "account:apiovh:me/document/edit", ("campaign",)),
    Right("DELETE", "/me/document/{document}", "account:apiovh:me/document/delete", helps=("inspect",)),
    Right("GET", f"{_SMS}/jobs", "sms:apiovh:jobs/get", (*_SEND, "cancel", *_TRANSFER, "restored", "number_checks")),
    Right("POST", f"{_SMS}/jobs", "sms:apiovh:jobs/create", _SEND),
    Right("GET", f"{_SMS}/jobs/{{job}}", "sms:apiovh:jobs/get", (*_SEND, "cancel", "restored", "number_checks")),
    Right("DELETE", f"{_SMS}/jobs/{{job}}", "sms:apiovh:jobs/delete", ("cancel",)),
    Right("GET", f"{_SMS}/batches", "sms:apiovh:batches/get", ("ovh_batches",)),
    Right("POST", f"{_SMS}/batches", "sms:apiovh:batches/create", ("ovh_batches",)),
    Right("GET", f"{_SMS}/batches/{{batch}}", "sms:apiovh:batches/get", ("ovh_batches",)),
    Right("POST", f"{_SMS}/batches/{{batch}}/cancel", "sms:apiovh:batches/cancel", ("ovh_batches",)),
    Right("GET", f"{_SMS}/batches/{{batch}}/statistics", "sms:apiovh:batches/statistics/get", ("ovh_batches",)),
    Right(
        "GET",
        f"{_SMS}/outgoing",
        "sms:apiovh:outgoing/get",
        (*_SEND, "report", "cancel", *_TRANSFER, "number_checks", "usage"),
    ),
    Right(
        "GET",
        f"{_SMS}/outgoing/{{outgoing}}",
        "sms:apiovh:outgoing/get",
        (*_SEND, "report", "opt_outs", "number_checks"),
    ),
    Right("GET", f"{_SMS}/document", "sms:apiovh:document/get", _EXPORTS),
    Right(
        "GET",
        f"{_SMS}/blacklists",
        "sms:apiovh:blacklists/get",
        ("campaign", "test", "answers", "report", "preview", "opt_outs", "callbacks"),
    ),
    Right("GET", f"{_SMS}/blacklists/{{number}}", "sms:apiovh:blacklists/get", ("report", "opt_outs")),
    Right("GET", f"{_SMS}/incoming", "sms:apiovh:incoming/get", ("replies",)),
    Right("GET", f"{_SMS}/incoming/{{incoming}}", "sms:apiovh:incoming/get", ("replies", "callbacks")),
    Right("GET", "/sms/ptts", "", helps=("inspect",)),
    Right("GET", "/sms/rates/destinations", "", ("destinations", "usage"), helps=("preview", "campaign", "report")),
    Right("GET", "/sms/rates/packs", "", helps=("preview", "campaign", "report")),
    Right("GET", "/order/sms/{account}/credits", "order:apiovh:sms/credits/get", _ORDERS, helps=("campaign",)),
    Right("POST", "/order/sms/{account}/credits", "order:apiovh:sms/credits/create", _ORDERS),
    Right("GET", "/me/order", "account:apiovh:me/order/get", _ORDERS, helps=_READS_ORDERS),
    Right("GET", "/me/order/{order}", "account:apiovh:me/order/get", _ORDERS, helps=("usage",)),
    Right("GET", "/me/order/{order}/status", "account:apiovh:me/order/status/get", _ORDERS, helps=_READS_ORDERS),
    Right("GET", "/me/order/{order}/details", "account:apiovh:me/order/details/get", _ORDERS, helps=_READS_ORDERS),
    Right(
        "GET", "/me/order/{order}/details/{detail}", "account:apiovh:me/order/details/get", _ORDERS, helps=_READS_ORDERS
    ),
    Right("GET", "/me/payment/method", "account:apiovh:me/payment/method/get", ("payment",)),
    Right("GET", "/me/payment/method/{payment}", "account:apiovh:me/payment/method/get", ("payment",)),
    Right("GET", "/me/order/{order}/paymentMethods", "account:apiovh:me/order/paymentMethods/get", ("payment",)),
    Right("POST", "/me/order/{order}/pay", "account:apiovh:me/order/pay", ("payment",)),
    Right("POST", f"{_SMS}/transferCredits", "sms:apiovh:transferCredits", ("transfer",)),
    Right("GET", f"{_SMS}/hlr", "sms:apiovh:hlr/get", ("number_checks",)),
    Right("POST", f"{_SMS}/hlr", "sms:apiovh:hlr/create", ("number_checks",)),
    Right("GET", f"{_SMS}/hlr/{{check}}", "sms:apiovh:hlr/get", ("number_checks",)),
    Right("PUT", _SMS, "sms:apiovh:put", ("recredit", "callbacks")),
    Right("GET", f"{_SMS}/users", "sms:apiovh:users/get", ("callbacks", "users", "usage"), helps=("outbox",)),
    Right("GET", f"{_SMS}/users/{{login}}", "sms:apiovh:users/get", ("callbacks", "users", "as_user")),
    Right("PUT", f"{_SMS}/users/{{login}}", "sms:apiovh:users/edit", ("callbacks", "users")),
    Right("POST", f"{_SMS}/users", "sms:apiovh:users/create", ("users",)),
    Right("DELETE", f"{_SMS}/users/{{login}}", "sms:apiovh:users/delete", ("users",)),
)

#: What users have calls of their own for.
_OF_USERS = tuple(f"{_SMS}/{name}" for name in ("receivers", "jobs", "outgoing", "document"))

#: Of these, the calls that read what each user has sent.
_USAGE_OF_USERS = {("GET", f"{_SMS}/{name}") for name in ("outgoing", "document")}

#: The calls of a user who sends: those of the account, below the user's path.
USER_RIGHTS = tuple(
    Right(
        each.method,
        each.template.replace(_SMS, f"{_SMS}/users/{{login}}", 1),
        each.action.replace("sms:apiovh:", "sms:apiovh:users/", 1),
        ("as_user", "usage") if (each.method, each.template) in _USAGE_OF_USERS else ("as_user",),
    )
    for each in RIGHTS
    if each.template.startswith(_OF_USERS) and each.purposes
)


def action_for(method: str, template: str) -> str:
    """Return the IAM action that a call needs; empty if OVH lists none."""
    every = (*RIGHTS, *USER_RIGHTS)
    return next((r.action for r in every if (r.method, r.template) == (method, template)), "")


def needed_rights(purposes: Iterable[str]) -> list[Right]:
    """List the rights without which some purposes fail; those of the purposes beside them are not among them.

    :raises ovh_sms.errors.ConfigurationError: a purpose does not exist.
    """
    asked = known_purposes(purposes)
    return [right for right in (*RIGHTS, *USER_RIGHTS) if not asked.isdisjoint(right.purposes)]


def needed_rules(purposes: Iterable[str], account: str) -> list[str]:
    """List the fewest access rules that some purposes need on one account, each such as ``GET /sms/sms-xx-1/jobs/*``.

    A rule that another one of them includes is left out: ``GET /me/order/*`` allows ``GET /me/order/*/status`` too.

    :raises ovh_sms.errors.ConfigurationError: a purpose does not exist.
    """
    rules = list(dict.fromkeys(right.rule(account) for right in needed_rights(purposes)))
    return [rule for rule in rules if not any(other != rule and _includes(other, rule) for other in rules)]


def is_granted(needed: str, rules: Iterable[AccessRule]) -> bool:
    """Return whether a key's rules allow everything that one needed rule asks for.

    ``*`` in a key's rule matches anything, slashes included; ``/sms`` and ``/sms/*`` are two different rules.

    :param needed: such as ``GET /sms/sms-xx-1/jobs/*``.
    """
    return any(_includes(f"{rule.method} {rule.path}", needed) for rule in rules)


def _includes(rule: str, needed: str) -> bool:
    method, path = needed.split(" ", 1)
    its_method, its_path = rule.split(" ", 1)
    return method == its_method and _pattern(its_path).fullmatch(path) is not None


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(literal) for literal in rule.split("*")))
