"""Whose credits a submission takes: the account's, or those of a user's quota, and what they say about it later.

A user with an active quota spends its quota alone; then the account's credits prove nothing about what it sends. Which
of the two pays is recorded before the POST. If it is the other one later, neither of them proves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import NotFound
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.sending.quota_witness import QUOTA_OF, QuotaWitness

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.account_records import AccountRecords
    from ovh_sms.store.models import Attempt


def user_of(attempt: Attempt) -> str:
    """Return the login of the user who sent an attempt; empty if the account itself did."""
    return str((attempt.snapshot or {}).get("user") or "")


def of_deleted_too(client: OvhSmsClient) -> OvhSmsClient:
    """Return the client of a user who sent, or the account's if OVH has the user no more: it may list the messages.

    Source: GET ``/sms/{serviceName}/users/{login}``.
    """
    if client.user:
        try:
            client.users.read(client.user)
        except NotFound:
            return client.as_user("")
    return client


@dataclass
class Payer:
    """Reads the credits that a submission of this client takes, and explains later where they went.

    :param client: of the account, or of its user who sends.
    """

    client: OvhSmsClient
    records: AccountRecords
    clock: Clock
    _witnesses: dict[str, CreditWitness | QuotaWitness] = field(default_factory=dict, init=False)

    def snapshot(self) -> dict[str, Any]:
        """Read what a later observation is compared with, see :meth:`.CreditWitness.snapshot`: JSON values.

        Source: GET ``/sms/{serviceName}/users/{login}`` if a user sends.
        """
        return self._witness(self._quota_of()).snapshot()

    def reading(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Read the balance of an observation, see :meth:`.CreditWitness.reading`.

        It proves nothing if another one pays than at the snapshot.
        """
        found = self.witness_of(snapshot).reading(snapshot)
        is_same = self._quota_of() == snapshot.get(QUOTA_OF, "")
        return found if is_same else {**found, "recredited": True}

    def witness_of(self, snapshot: Mapping[str, Any]) -> CreditWitness | QuotaWitness:
        """Return the witness of the credits that paid, or would have paid, by a snapshot."""
        return self._witness(snapshot.get(QUOTA_OF, ""))

    def _quota_of(self) -> str:
        """The login of the user who sends, if its quota is active now."""
        login = self.client.user
        return login if login and self.client.users.read(login).has_quota else ""

    def _witness(self, login: str) -> CreditWitness | QuotaWitness:
        if login not in self._witnesses:
            given: Any = {"records": self.records, "clock": self.clock}
            self._witnesses[login] = (
                QuotaWitness(client=self.client.as_user(login), **given)
                if login
                else CreditWitness(client=self.client.as_user(""), **given)
            )
        return self._witnesses[login]
