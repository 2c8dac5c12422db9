"""What the Test button of a connection looks at and says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.rights import CAMPAIGN_TASKS, CREDITS_TASKS, action_for, is_granted, needed_rules
from ovh_sms.errors import MissingRight, NotFound, RequestRefused

T = TypeVar("T")

#: Most senders whose status is asked for: one call each.
MOST_SENDERS = 20


class ConnectionCheck:
    """One look at everything that a campaign needs of OVH. Changes nothing there.

    :param client: client of the account.
    :param uses_oauth2: whether the keys are an OAuth2 client's, whose rights OVH does not list.
    """

    def __init__(self, client: OvhSmsClient, *, uses_oauth2: bool) -> None:
        self._client = client
        self._uses_oauth2 = uses_oauth2
        self._missing: list[str] = []
        self._said: list[str] = []

    def run(self) -> tuple[bool, str]:
        """Look, and tell.

        :returns: whether campaigns can run, and the sentences for the person who asked.
        :raises ovh_sms.errors.ApiError: where OVH is away, or does not accept the keys at all.
        """
        if self._uses_oauth2:
            self._probe_rights()
        else:
            self._read_rights()
        found = self._tell_account()
        if found:
            self._tell_senders()
        if self._missing:
            self._said.append(f"Missing rights: {', '.join(self._missing)}.")
        return found and not self._missing, " ".join(self._said)

    def _read_rights(self) -> None:
        account = self._client.account_name
        try:
            rights = self._client.account.credentials()
        except (MissingRight, RequestRefused):
            self._said.append("OVH does not list the rights of this key, so they are not checked.")
            return
        self._missing += [
            rule for rule in needed_rules(CAMPAIGN_TASKS, account) if not is_granted(rule, rights.rules)
        ]
        more = [rule for rule in needed_rules(CREDITS_TASKS, account) if not is_granted(rule, rights.rules)]
        if more:
            self._said.append(f"To order credits the key would also need {', '.join(more)}.")
        if rights.expires is not None:
            self._said.append(f"The consumer key ends on {rights.expires:%Y-%m-%d %H:%M} UTC.")

    def _probe_rights(self) -> None:
        client = self._client
        account = "/sms/{account}"
        self._guarded("POST", "/sms/estimate", lambda: client.jobs.estimate("Test", stop_clause=False))
        self._guarded("GET", f"{account}/receivers", client.receivers.ids)
        self._guarded("GET", f"{account}/jobs", client.jobs.pending_ids)
        self._guarded("GET", f"{account}/outgoing", lambda: client.outgoing.count(tag="connection-test"))
        self._guarded("GET", f"{account}/blacklists", client.blacklists.numbers)
        self._said.append(
            "OVH does not list the rights of an OAuth2 client: reading was tried, "
            "sending and changing could not be without doing it."
        )

    def _tell_account(self) -> bool:
        name = self._client.account_name
        try:
            account = self._guarded("GET", "/sms/{account}", self._client.account.get)
        except NotFound:
            seen = self._guarded("GET", "/sms", self._client.account.names) or []
            self._said.append(
                f"There is no SMS account {name} for these keys; they see {', '.join(seen) or 'none'}."
            )
            return False
        if account is None:
            self._said.append(f"The SMS account {name} cannot be read.")
        else:
            state = f"is {account.status} and has {account.credits_left:g} credits left"
            self._said.insert(0, f"SMS account {account.name} {state}.")
        return True

    def _tell_senders(self) -> None:
        senders = "/sms/{account}/senders"
        names = self._guarded("GET", senders, self._client.senders.names)
        if names is None:
            return
        told = []
        for name in names[:MOST_SENDERS]:
            sender = self._guarded("GET", f"{senders}/{{sender}}", partial(self._client.senders.get, name))
            told.append(f"{name} ({sender.status if sender else 'cannot be read'})")
        more = f" and {len(names) - MOST_SENDERS} more" if len(names) > MOST_SENDERS else ""
        self._said.append(f"Senders: {', '.join(told)}{more}." if told else "The account has no sender yet.")

    def _guarded(self, method: str, template: str, look: Callable[[], T]) -> T | None:
        """Look, and note the right where it is missing."""
        try:
            return look()
        except MissingRight:
            rule = needed_rule(method, template, self._client.account_name, with_action=self._uses_oauth2)
            if rule not in self._missing:
                self._missing.append(rule)
            return None


def needed_rule(method: str, template: str, account: str, *, with_action: bool) -> str:
    """Name a right as a person adds it.

    :param method: the call's method.
    :param template: the call's path with named places.
    :param account: the SMS account.
    :param with_action: name the IAM action too, as OAuth2 clients need it.
    """
    from ovh_sms.api.calls import rule_path

    rule = f"{method} {rule_path(template, account)}"
    action = action_for(method, template)
    return f"{rule} (IAM action {action})" if with_action and action else rule
