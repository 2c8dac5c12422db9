"""The calls of one user of an account: the paths of the account's own calls, below the user's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ovh_sms.api.answer import Answer
from ovh_sms.api.calls import AccountCalls
from ovh_sms.api.outgoing import OutgoingClient

T = TypeVar("T")

_ACCOUNT = "/sms/{account}/"
_USER = "/sms/{account}/users/{login}/"


class UserCalls(AccountCalls):
    """Makes the calls of a user: ``/sms/{account}/jobs`` becomes ``/sms/{account}/users/{login}/jobs``.

    :param calls: the account's own, which count these too.
    """

    def __init__(self, calls: AccountCalls, login: str) -> None:
        super().__init__(calls.transport, calls.account)
        self.login = login
        self._of_account = calls

    def make(self, method: str, template: str, read: Callable[[Answer], T], **given: Any) -> T:
        """Make one call below the user's path; a path without an account stays as it is."""
        if template.startswith(_ACCOUNT):
            template, given = template.replace(_ACCOUNT, _USER, 1), {**given, "login": self.login}
        return self._of_account.make(method, template, read, **given)


class UserOutgoingClient(OutgoingClient):
    """Counts, reads and exports the messages that a user sent.

    OVH does not filter them by date: counts and lists hold the older and newer ones too.
    """

    def count(
        self, *, tag: str | None = None, delivery_receipt: int | None = None, created_from: datetime | None = None
    ) -> int:
        """Count messages of the user, of any date. Source: GET ``/sms/{serviceName}/users/{login}/outgoing``."""
        return super().count(tag=tag, delivery_receipt=delivery_receipt)

    def ids(
        self,
        *,
        tag: str | None = None,
        delivery_receipt: int | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> list[int]:
        """List messages of the user, of any date. Source: GET ``/sms/{serviceName}/users/{login}/outgoing``."""
        return super().ids(tag=tag, delivery_receipt=delivery_receipt)
