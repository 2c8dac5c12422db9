"""The checks of a connection to OVH: of the Test button, and of ``ovh-sms doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ovh_sms.accounts.granted_rights import GrantedRights, compare_rights, users_of
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.rights import action_for
from ovh_sms.errors import MissingRight, NotFound, RequestRefused

T = TypeVar("T")

#: Most senders whose status is read: one call each.
MOST_SENDERS = 20

#: Purposes that a connection must serve if nobody says otherwise: a campaign to its report or its cancellation.
USUAL_PURPOSES = ("campaign", "report", "cancel", "opt_outs")


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    :param about: such as ``rights``.
    :param is_good: ``False`` if somebody must do something.
    :param text: one or more sentences.
    """

    about: str
    is_good: bool
    text: str


@dataclass
class ConnectionCheck:
    """Reads what some purposes need of OVH, and changes nothing there.

    :param uses_oauth2: whether the keys are an OAuth2 client's; OVH does not list their rights.
    :param purposes: what the connection is for; by default the usual ones, and others are only mentioned.
    """

    client: OvhSmsClient
    uses_oauth2: bool
    purposes: tuple[str, ...] | None = None
    rights: GrantedRights | None = field(default=None, init=False)
    _missing: list[str] = field(default_factory=list, init=False)
    _found: list[Finding] = field(default_factory=list, init=False)

    def run(self) -> tuple[bool, str]:
        """Return whether the purposes can be served, and sentences about it.

        :raises ovh_sms.errors.ApiError: OVH cannot be reached, or does not accept the keys at all.
        """
        found = self.findings()
        return all(each.is_good for each in found), " ".join(each.text for each in found)

    def findings(self) -> list[Finding]:
        """Check account, senders, rights and the end of the key.

        :raises ovh_sms.errors.ApiError: OVH cannot be reached, or does not accept the keys at all.
        """
        self._found, self._missing = [], []
        if self._check_account():
            self._check_senders()
        if self.uses_oauth2:
            self._probe_rights()
        else:
            self._read_rights()
        if self._missing:
            self._add("rights", f"Missing rights: {', '.join(self._missing)}.", is_good=False)
        return self._found

    def _add(self, about: str, text: str, *, is_good: bool = True) -> None:
        self._found.append(Finding(about, is_good, text))

    def _read_rights(self) -> None:
        try:
            granted = self.client.account.credentials()
        except (MissingRight, RequestRefused):
            self._add("rights", "OVH does not list the rights of this key, so they are not checked.")
            return
        found = self.rights = compare_rights(granted.rules, self.client.account_name, purposes=self.purposes)
        wanted = self.purposes or USUAL_PURPOSES
        self._missing += [rule for rule in found.all_missing(wanted) if rule not in self._missing]
        if failing := users_of(name for name in wanted if name in found.missing):
            self._add("rights", f"These would fail: {', '.join(failing)}.", is_good=False)
        self._mention_others([name for name in found.missing if name not in wanted])
        if found.unneeded:
            needless = "for what was asked" if self.purposes else "for anything that this package does"
            self._add("rights", f"Rights that are more than needed {needless}: {', '.join(found.unneeded)}.")
        if granted.expires is not None:
            self._add("key", f"The consumer key ends on {granted.expires:%Y-%m-%d %H:%M} UTC.")

    def _mention_others(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            command = f"ovh-sms rights --account {self.client.account_name} --for {names[0]}"
            self._add("rights", f"The key does not serve: {', '.join(names)}; '{command}' lists what that needs.")

    def _probe_rights(self) -> None:
        client, account = self.client, "/sms/{account}"
        self._guarded("POST", "/sms/estimate", lambda: client.jobs.estimate("Test", stop_clause=False))
        self._guarded("GET", f"{account}/receivers", client.receivers.ids)
        self._guarded("GET", f"{account}/jobs", client.jobs.pending_ids)
        self._guarded("GET", f"{account}/outgoing", lambda: client.outgoing.count(tag="connection-test"))
        self._guarded("GET", f"{account}/blacklists", client.blacklists.numbers)
        try:
            client.incoming.ids(tag="connection-test")
        except MissingRight:
            rule = needed_rule("GET", f"{account}/incoming", client.account_name, with_action=True)
            self._add("rights", f"To collect replies the client would also need {rule}.")
        self._add(
            "rights",
            "OVH does not list the rights of an OAuth2 client: the reads were tried, "
            "the writes cannot be tried without making them.",
        )

    def _check_account(self) -> bool:
        name = self.client.account_name
        try:
            account = self._guarded("GET", "/sms/{account}", self.client.account.get)
        except NotFound:
            seen = self._guarded("GET", "/sms", self.client.account.names) or []
            text = f"There is no SMS account {name} for these keys; they see {', '.join(seen) or 'none'}."
            self._add("account", text, is_good=False)
            return False
        if account is None:
            self._add("account", f"The SMS account {name} cannot be read.", is_good=False)
        else:
            state = f"is {account.status} and has {account.credits_left:g} credits left"
            self._add("account", f"SMS account {account.name} {state}.")
        return True

    def _check_senders(self) -> None:
        senders = "/sms/{account}/senders"
        names = self._guarded("GET", senders, self.client.senders.names)
        if names is None:
            return
        shown = []
        for name in names[:MOST_SENDERS]:
            sender = self._guarded("GET", f"{senders}/{{sender}}", partial(self.client.senders.get, name))
            shown.append(f"{name} ({sender.status if sender else 'cannot be read'})")
        more = f" and {len(names) - MOST_SENDERS} more" if len(names) > MOST_SENDERS else ""
        self._add("senders", f"Senders: {', '.join(shown)}{more}." if shown else "The account has no sender yet.")

    def _guarded(self, method: str, template: str, read: Callable[[], T]) -> T | None:
        """Read, and note the right if it is missing."""
        try:
            return read()
        except MissingRight:
            rule = needed_rule(method, template, self.client.account_name, with_action=self.uses_oauth2)
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
