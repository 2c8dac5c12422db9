"""The quota of a user who sends: too small a one stops a campaign before anything is uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ovh_sms.contacts.preview.unicode_notes import credits_shown
from ovh_sms.errors import ConfigurationError, InsufficientCredits, NotFound

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient


class CreditsHolder(NamedTuple):
    """The credits that messages take.

    :param owner: the account, or a user of it with a quota of its own: by this name credits are reserved.
    :param words: names it in a sentence.
    """

    owner: str
    credits_left: float
    words: str

    @classmethod
    def read(cls, client: OvhSmsClient) -> CreditsHolder:
        """Read the credits that messages of a client take.

        Source: GET ``/sms/{serviceName}``, or ``/users/{login}`` for a user with an active quota.
        """
        user = UserCredits.read(client)
        if user is None or user.quota_left is None:
            return cls(client.account_name, client.account.get().credits_left, "the account")
        return cls(owner_of(client.account_name, user.login), user.quota_left, f"the quota of the user {user.login}")


def owner_of(account: str, login: str) -> str:
    """Return the name by which the credits of a quota are reserved; that of the account itself without a login."""
    return f"{account}/{login.lower()}" if login else account


@dataclass(frozen=True)
class UserCredits:
    """A user of the account who is to send.

    :param quota_left: credits of its quota; ``None`` if it spends the account's.
    """

    login: str
    quota_left: float | None

    @classmethod
    def read(cls, client: OvhSmsClient) -> UserCredits | None:
        """Read the user who sends by a client; ``None`` if the account itself does.

        Source: GET ``/sms/{serviceName}/users/{login}``.

        :raises ConfigurationError: the account has no such user.
        """
        if not client.user:
            return None
        try:
            found = client.users.read(client.user)
        except NotFound:
            raise ConfigurationError(
                f"The account {client.account_name} has no user {client.user}. Nothing was sent.",
                action="Correct 'user', or have the user created as the account file names it.",
            ) from None
        return cls(client.user, found.quota_left)

    @property
    def owner(self) -> str:
        """The owner of the credits that it spends, within the account: the user if it has a quota."""
        return "" if self.quota_left is None else self.login

    def check(self, cost: float, *, reserved: float = 0.0) -> None:
        """Make sure that the quota suffices; without an active quota nothing is checked.

        :param cost: credits that are needed.
        :param reserved: credits of the quota that other runs have reserved.
        :raises InsufficientCredits: with the figures; nothing was sent.
        """
        if self.quota_left is None or cost <= self.quota_left - reserved:
            return
        missing = cost - max(0.0, self.quota_left - reserved)
        blocked = "; a quota of 0 blocks the user" if self.quota_left <= 0 else ""
        others = f", and {credits_shown(reserved)} of them are reserved by other runs" if reserved else ""
        raise InsufficientCredits(
            f"The campaign costs {credits_shown(cost)} credits; the quota of the user {self.login} holds "
            f"{credits_shown(self.quota_left)}{others}{blocked}.",
            action=f"Nothing was sent. Raise the quota of {self.login} by at least {credits_shown(missing)} credits, "
            "which are taken out of the account's, or shorten the message or the list. Then run the task again.",
        )
