"""The user of an account as whom a campaign sends."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator

from ovh_sms.campaign.account_users import check_login
from ovh_sms.campaign.yaml_files import NamedFile

Login = Annotated[str, BeforeValidator(check_login)]


class SendsAsUser(NamedFile):
    """A file whose messages a user of the account may send.

    :param user: its login; by default the account itself sends.
    """

    user: Login | None = None


class _Terms(Protocol):
    @property
    def sender(self) -> str | None: ...
    @property
    def sender_for_response(self) -> bool: ...
    @property
    def user(self) -> str | None: ...
    @property
    def marketing(self) -> bool: ...


def terms_of(campaign: _Terms) -> dict[str, Any]:
    """Return the terms that a run's list is published with: an edited file counts for the next run."""
    return {
        "sender": campaign.sender,
        "sender_for_response": campaign.sender_for_response,
        "user": campaign.user,
        "stop_clause": campaign.marketing,
    }
