"""A user's quota as a witness: were its credits taken for a batch that OVH does not list yet?

Its own messages must explain what is gone of the quota. A quota may also be changed by hand, and hide that credits are
gone: therefore the account's credits and those of all its quotas together must be explained, too. What a change takes
out of one it adds to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.sending.credit_witness import CreditWitness, is_of_quota
from ovh_sms.sending.packed_ids import pack_ids, unpack_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ovh_sms.api.account import AccountClient
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.users import UsersClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.account_records import AccountRecords
    from ovh_sms.store.journaled_transfers import JournaledTransfer
    from ovh_sms.store.models import JournaledOrder
    from ovh_sms.store.withdrawals import Withdrawal

#: Of a snapshot: the login whose quota pays. Without it the account pays.
QUOTA_OF = "quota_of"
#: Of a snapshot and of a reading: the same of all credits of the account together.
_TOTAL = "total"


@dataclass
class QuotaWitness:
    """Reads a user's quota before a batch, and explains later where its credits went; as :class:`.CreditWitness` does.

    :param client: of the user.
    """

    client: OvhSmsClient
    records: AccountRecords
    clock: Clock

    def snapshot(self) -> dict[str, Any]:
        """Read what a later observation is compared with: JSON values."""
        # Before the balance: what is listed already has been paid.
        listed = pack_ids(self.client.outgoing.ids())
        own = self._own.snapshot()
        return {**own, QUOTA_OF: self.client.user, "listed": listed, _TOTAL: self._total.snapshot()}

    def reading(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Read the balances of an observation: JSON values."""
        return {**self._own.reading(snapshot), _TOTAL: self._total.reading(snapshot[_TOTAL])}

    def explains(
        self,
        snapshot: Mapping[str, Any],
        readings: Sequence[dict[str, Any]],
        *,
        ids_before: Collection[int],
        shows_nothing: Callable[[], bool],
    ) -> bool:
        """Return whether all credits that are gone went elsewhere; see :meth:`.CreditWitness.explains`."""
        if not self._own.explains(snapshot, readings, ids_before=ids_before, shows_nothing=shows_nothing):
            return False
        total = snapshot[_TOTAL]
        return self._total.explains(
            total,
            [each[_TOTAL] for each in readings],
            ids_before=unpack_ids(total["waiting"]["ids"]),
            shows_nothing=shows_nothing,
        )

    @cached_property
    def _own(self) -> CreditWitness:
        client: Any = _QuotaClient(self.client)
        records: Any = _QuotaRecords(self.records, self.client.user)
        return CreditWitness(client=client, records=records, clock=self.clock)

    @cached_property
    def _total(self) -> CreditWitness:
        client: Any = _TotalClient(self.client.as_user(""))
        records: Any = _TotalRecords(self.records)
        return CreditWitness(client=client, records=records, clock=self.clock)


class _Balance(NamedTuple):
    """Credits in the place of the account's."""

    credits_left: float
    is_recredited: bool
    credits_held: float = 0.0


class _Quota:
    """Reads a quota as if it were the account."""

    def __init__(self, users: UsersClient, login: str) -> None:
        self._users, self._login = users, login

    def get(self) -> _Balance:
        """Read the quota; one that is not active any more proves nothing.

        Source: GET ``/sms/{serviceName}/users/{login}``.
        """
        user = self._users.read(self._login)
        return _Balance(user.quota_left or 0.0, not user.has_quota)


class _Total:
    """Reads the credits of the account and of all its quotas as one."""

    def __init__(self, account: AccountClient) -> None:
        self._account = account

    def get(self) -> _Balance:
        """Read the sum. Source: GET ``/sms/{serviceName}``."""
        found = self._account.get()
        return _Balance(found.credits_left + found.credits_held, found.is_recredited)


class _NoOrders:
    """Orders are for accounts: none changes a quota."""

    def shown_ids(self, since: datetime) -> list[int]:
        """List nothing."""
        return []


class _QuotaClient:
    """A user as the credit witness reads an account: its quota, and its own messages."""

    def __init__(self, client: OvhSmsClient) -> None:
        self._client = client
        self.orders, self.account = _NoOrders(), _Quota(client.users, client.user)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _TotalClient:
    """An account as the credit witness reads it, with the credits of its quotas."""

    def __init__(self, client: OvhSmsClient) -> None:
        self._client = client
        self.account = _Total(client.account)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@dataclass(frozen=True)
class _QuotaRecords:
    """The journal's records about one user's quota, in the form of :class:`.AccountRecords`."""

    of_account: AccountRecords
    login: str

    @property
    def account(self) -> str:
        """The name of the quota in the journal's transfers."""
        return f"{self.of_account.account} {self.login}"

    def withdrawn_since(self, moment: datetime) -> list[Withdrawal]:
        """Return the messages of the user that were withdrawn since a moment of OVH's time."""
        own = self.of_account.store.attempts.tags_of_user(self.of_account.account, self.login)
        return [each for each in self.of_account.withdrawn_since(moment) if each.tag in own]

    def orders(self, within: timedelta) -> dict[int, JournaledOrder]:
        """Return nothing: orders are for accounts."""
        return {}

    def closed_orders(self) -> set[int]:
        """Return nothing: orders are for accounts."""
        return set()

    def transfers_since(self, moment: datetime) -> list[JournaledTransfer]:
        """Return the journaled changes of the quota since a moment of OVH's time."""
        found = self.of_account.transfers_since(moment)
        return [each for each in found if self.account in (each.source, each.target)]

    def exact_snapshot(self, at: datetime) -> dict[str, Any] | None:
        """Return what the user's newest batch found whose reading of the quota is exact; ``None`` if all are old."""
        return self.of_account.exact_snapshot(at, quota_of=self.login)

    def message_ids_by_tag(self) -> Mapping[str, set[int]]:
        """Return OVH's ids of the messages that may still wait, by tag."""
        return self.of_account.message_ids_by_tag()

    def message_ids(self) -> NDArray[np.int64]:
        """Return the same ids without the tags, in eight bytes each."""
        return self.of_account.message_ids()


class _TotalRecords:
    """The journal's records about an account; no batch has recorded the sum of its credits and quotas alone."""

    def __init__(self, records: AccountRecords) -> None:
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def transfers_since(self, moment: datetime) -> list[JournaledTransfer]:
        """Return the transfers since a moment of OVH's time; a change of a quota leaves the sum as it is."""
        return [each for each in self._records.transfers_since(moment) if not is_of_quota(each, self._records.account)]

    def exact_snapshot(self, at: datetime) -> None:
        """Return nothing: those of the account leave the quotas out."""
