"""The check behind the Test button of a connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.rights import CAMPAIGN_TASKS, CREDITS_TASKS, REPLIES_TASKS, action_for, is_granted, needed_rules
from ovh_sms.errors import MissingRight, NotFound, RequestRefused

T = TypeVar("T")

#: Most senders whose status is read: one call each.
MOST_SENDERS = 20


class ConnectionCheck:
    """Reads everything that a campaign needs of OVH, and changes nothing there.

    :param uses_oauth2: whether the keys are an OAuth2 client's; OVH does not list their rights.
    """

    def __init__(self, client: OvhSmsClient, *, uses_oauth2: bool) -> None:
        self._client = client
        self._uses_oauth2 = uses_oauth2
        self._missing: list[str] = []
        self._sentences: list[str] = []

    def run(self) -> tuple[bool, str]:
        """Return whether campaigns can run, and sentences about it.

        :raises ovh_sms.errors.ApiError: OVH cannot be reached, or does not accept the keys at all.
        """
        if self._uses_oauth2:
            self._probe_rights()
        else:
            self._read_rights()
        found = self._check_account()
        if found:
            self._check_senders()
        if self._missing:
            self._sentences.append(f"Missing rights: {', '.join(self._missing)}.")
        return found and not self._missing, " ".join(self._sentences)

    def _read_rights(self) -> None:
        account = self._client.account_name
        try:
            rights = self._client.account.credentials()
        except (MissingRight, RequestRefused):
            self._sentences.append("OVH does not list the rights of this key, so they are not checked.")
            return
        self._missing += [rule for rule in needed_rules(CAMPAIGN_TASKS, account) if not is_granted(rule, rights.rules)]
        more = [rule for rule in needed_rules(CREDITS_TASKS, account) if not is_granted(rule, rights.rules)]
        if more:
            self._sentences.append(f"To order credits the key would also need {', '.join(more)}.")
        more = [rule for rule in needed_rules(REPLIES_TASKS, account) if not is_granted(rule, rights.rules)]
        if more:
            self._sentences.append(f"To collect replies the key would also need {', '.join(more)}.")
        if rights.expires is not None:
            self._sentences.append(f"The consumer key ends on {rights.expires:%Y-%m-%d %H:%M} UTC.")

    def _probe_rights(self) -> None:
        client = self._client
        account = "/sms/{account}"
        self._guarded("POST", "/sms/estimate", lambda: client.jobs.estimate("Test", stop_clause=False))
        self._guarded("GET", f"{account}/receivers", client.receivers.ids)
        self._guarded("GET", f"{account}/jobs", client.jobs.pending_ids)
        self._guarded("GET", f"{account}/outgoing", lambda: client.outgoing.count(tag="connection-test"))
        self._guarded("GET", f"{account}/blacklists", client.blacklists.numbers)
        try:
            client.incoming.ids(tag="connection-test")
        except MissingRight:
            rule = needed_rule("GET", f"{account}/incoming", client.account_name, with_action=True)
            self._sentences.append(f"To collect replies the client would also need {rule}.")
        self._sentences.append(
            "OVH does not list the rights of an OAuth2 client: the reads were tried, "
            "the writes cannot be tried without making them."
        )

    def _check_account(self) -> bool:
        name = self._client.account_name
        try:
            account = self._guarded("GET", "/sms/{account}", self._client.account.get)
        except NotFound:
            seen = self._guarded("GET", "/sms", self._client.account.names) or []
            self._sentences.append(
                f"There is no SMS account {name} for these keys; they see {', '.join(seen) or 'none'}."
            )
            return False
        if account is None:
            self._sentences.append(f"The SMS account {name} cannot be read.")
        else:
            state = f"is {account.status} and has {account.credits_left:g} credits left"
            self._sentences.insert(0, f"SMS account {account.name} {state}.")
        return True

    def _check_senders(self) -> None:
        senders = "/sms/{account}/senders"
        names = self._guarded("GET", senders, self._client.senders.names)
        if names is None:
            return
        shown = []
        for name in names[:MOST_SENDERS]:
            sender = self._guarded("GET", f"{senders}/{{sender}}", partial(self._client.senders.get, name))
            shown.append(f"{name} ({sender.status if sender else 'cannot be read'})")
        more = f" and {len(names) - MOST_SENDERS} more" if len(names) > MOST_SENDERS else ""
        self._sentences.append(f"Senders: {', '.join(shown)}{more}." if shown else "The account has no sender yet.")

    def _guarded(self, method: str, template: str, read: Callable[[], T]) -> T | None:
        """Read, and note the right if it is missing."""
        try:
            return read()
        except MissingRight:
            rule = needed_rule(method, template, self._client.account_name, with_action=self._uses_oauth2)
            if rule not in self._missing:
                self._missing.append(rule)
            return None


def needed_rule(method: str, template: str, account: str, *, with_action: bool) -> str:
    """Return a right as a person adds it.

    :param template: the call's path with named places.
    :param with_action: add the IAM action, which OAuth2 clients need.
    """
    from ovh_sms.api.calls import rule_path

    rule = f"{method} {rule_path(template, account)}"
    action = action_for(method, template)
    return f"{rule} (IAM action {action})" if with_action and action else rule
