"""The account's credits as a witness: were they taken for a batch that OVH does not list yet, or for a transfer?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.api.orders import CLOSED_STATUSES, LONGEST_OPEN
from ovh_sms.sending.account_balance import (
    DELETION_TAKES,
    BalanceReading,
    DeliveredOrder,
    ListedMessage,
    Presence,
    Transferred,
    explained,
    unexplained,
)
from ovh_sms.sending.balance_reader import AccountMessages, BalanceReader
from ovh_sms.sending.packed_ids import unpack_ids
from ovh_sms.sending.waiting_messages import WaitingMessages

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.account_records import AccountRecords
    from ovh_sms.store.journaled_transfers import JournaledTransfer
    from ovh_sms.store.withdrawals import Withdrawal

#: Turns of a second that are tried for an exact reading; on a quiet account the first one gives it.
TRIES = 4
#: So often is the balance read before a batch, if messages fail and are refunded meanwhile.
READINGS = 3
#: Statuses of an order whose credits are on the account, or may be.
_DELIVERED = frozenset({"delivering", "delivered"})
#: No message costs fewer credits.
LEAST = 0.1


@dataclass
class CreditWitness:
    """Reads the account's balance before a batch, and explains later where the credits went.

    OVH takes the credits when it accepts, and may list later. Only what is certainly something else's explains them:
    messages that OVH lists, withdrawn messages, orders and transfers of the journal. A pending or unknown attempt
    explains none.
    If others added credits, by an order or by withdrawing messages, they may hide those of the batch.
    """

    client: OvhSmsClient
    records: AccountRecords
    clock: Clock

    def snapshot(self) -> dict[str, Any]:
        """Read what a later observation is compared with: JSON values."""
        # All of it before the balance: what changes in between is taken for a change since.
        lists = {"waiting": self._waiting.snapshot(), "closed_orders": self._closed_orders()}
        for _ in range(READINGS):
            unbilled = self._messages.unbilled()
            # An account that seems quiet may not be: OVH lists late, and an inexact reading explains nothing later.
            balance = self._reader.read(tries=TRIES)
            if set(unbilled).issuperset(self._messages.unbilled()):
                break
        here = {**lists, "unbilled": unbilled, "balance": balance.to_json()}
        return here if balance.exact else {**here, "earlier": self.records.exact_snapshot(self.client.time())}

    def reading(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Read the balance of an observation, and before it which orders were delivered since a snapshot: JSON values.

        :param snapshot: of the batch, see :meth:`snapshot`.
        """
        snapshot = snapshot.get("earlier") or snapshot
        delivered = [
            made.quantity
            for order, made in self.records.orders(LONGEST_OPEN).items()
            if order not in snapshot["closed_orders"] and self.client.orders.shown_status(order) == "delivered"
        ]
        return {**self._reader.read(tries=TRIES).to_json(), "delivered": delivered}

    def explains(
        self,
        snapshot: Mapping[str, Any],
        readings: Sequence[dict[str, Any]],
        *,
        ids_before: Collection[int],
        shows_nothing: Callable[[], bool],
    ) -> bool:
        """Return whether all credits that are gone went elsewhere, to the last one, by two of several readings.

        OVH lists late: while others send without a pause, the newest seconds are never listed completely. An earlier
        reading proves as much.

        :param snapshot: of the batch, see :meth:`snapshot`.
        :param readings: see :meth:`reading`; made when the batch could no longer reach OVH, the last one just now. That
            one also keeps which of them have been explained: what explains them may be refunded later.
        :param ids_before: OVH's ids of pending messages that are certainly older than the batch.
        :param shows_nothing: whether OVH still shows nothing of the batch: one that came to light while the messages
            were listed would explain its own credits.
        """
        compared = self._compare(snapshot, readings, ids_before)
        if compared is None or not shows_nothing():
            return False
        known = {second for each in readings for second in each.get("explained", ())}
        explaining = {
            each["second"]
            for reading, each in zip(compared.after, readings, strict=True)
            if each["second"] in known
            or explained(compared.before, reading, least=LEAST, **compared.events(reading, each["delivered"]))
        }
        # Once may be by chance: a reading counts for good if a later listing explains it.
        readings[-1]["explained"] = sorted(explaining - {readings[-1]["second"]} | known)
        if len(explaining) < compared.readings_needed or compared.came_back(readings, explaining):
            return False
        return not self._has_hidden_credits(compared.snapshot)

    def presence(
        self, snapshot: Mapping[str, Any], readings: Sequence[dict[str, Any]], amount: float, *, over: datetime | None
    ) -> Presence:
        """Return whether exactly an amount of credits is gone that nothing else took, by several readings.

        :param snapshot: see :meth:`snapshot`; made before they may have gone.
        :param readings: see :meth:`reading`; the last one made just now. It also keeps what the earlier ones said.
        :param amount: credits; fewer than none if they came.
        :param over: from this moment of OVH's time on they could go no more; ``None`` if it has not come. Only later
            readings show that they have not gone.
        """
        compared = self._compare(snapshot, readings)
        if compared is None:
            return Presence.UNCLEAR
        # A batch that OVH lists late looks like credits that went, never like credits that came: this is kept for good,
        # as what explains a reading may be refunded later.
        certain = Presence.ABSENT if amount > 0 else Presence.FOUND
        known = {second for each in readings for second in each.get("said", ())}
        said = dict.fromkeys(known, certain)
        for reading, each in zip(compared.after, readings, strict=True):
            if each["second"] not in said:
                gone = unexplained(compared.before, reading, **compared.events(reading, each["delivered"]))
                said[each["second"]] = gone.presence(amount) if gone else Presence.UNCLEAR
        last = readings[-1]["second"]
        readings[-1]["said"] = sorted({second for second, each in said.items() if each is certain} - {last} | known)
        found = sorted(second for second, each in said.items() if each is Presence.FOUND)
        absent = sorted(second for second, each in said.items() if each is Presence.ABSENT)
        if self._has_hidden_credits(compared.snapshot):
            return Presence.UNCLEAR
        if found and (not absent or absent[-1] < found[0]):
            return Presence.FOUND if len(found) >= compared.readings_needed else Presence.UNCLEAR
        late = [each for each in absent if over is not None and datetime.fromisoformat(each) >= over]
        return Presence.ABSENT if not found and len(late) >= compared.readings_needed else Presence.UNCLEAR

    def _compare(
        self,
        snapshot: Mapping[str, Any],
        readings: Sequence[Mapping[str, Any]],
        ids_before: Collection[int] | None = None,
    ) -> _Compared | None:
        """List the known events since a snapshot; ``None`` if they are too many.

        :param ids_before: OVH's ids of pending messages that are certainly older; by default those of the snapshot.
        """
        waited = unpack_ids((snapshot.get("earlier") or snapshot)["waiting"]["ids"])
        if snapshot.get("earlier") or ids_before is None:  # what has waited since is not older than that
            ids_before = waited if ids_before is None else waited.intersection(ids_before)
        snapshot = snapshot.get("earlier") or snapshot
        before = BalanceReading.from_json(snapshot["balance"])
        after = [BalanceReading.from_json(each) for each in readings]
        known = unpack_ids(snapshot["listed"]) if snapshot.get("listed") else ()
        listed = self._messages.listed(before.second, after[-1].ends, ids_before=ids_before, listed_before=known)
        if listed is None:
            return None
        return _Compared(
            snapshot=snapshot,
            before=before,
            after=after,
            messages=listed,
            refunds=self.records.withdrawn_since(before.second - DELETION_TAKES),
            transfers=[
                _transferred(each, self.records.account) for each in self.records.transfers_since(before.second)
            ],
            unbilled=self._messages.refunded(snapshot["unbilled"], before),
        )

    def _has_hidden_credits(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether others may have added credits since a snapshot, by an order or by withdrawing messages."""
        second = datetime.fromisoformat(snapshot["balance"]["second"])
        return self._has_order_of_others(snapshot) or self._waiting.may_be_withdrawn(
            snapshot["waiting"], second, withdrawn_since=second - DELETION_TAKES
        )

    def _closed_orders(self) -> list[int]:
        """List the orders whose credits are on the account already, or will never be."""
        known = self.records.closed_orders()
        return sorted(each for each in self._orders() if each in known or self._has_status(each, CLOSED_STATUSES))

    def _has_order_of_others(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether OVH shows an order of others for this account that was delivered since a snapshot."""
        new = self._orders().difference(snapshot["closed_orders"], self.records.orders(LONGEST_OPEN))
        return any(self._has_status(each, _DELIVERED) and self.client.orders.may_be_ours(each) for each in sorted(new))

    def _orders(self) -> set[int]:
        """The journal's orders, and those that OVH shows, which may be for another service."""
        listed = self.client.orders.shown_ids(self.client.time() - LONGEST_OPEN)
        return {*self.records.orders(LONGEST_OPEN), *listed}

    def _has_status(self, order: int, statuses: Collection[str]) -> bool:
        return self.client.orders.shown_status(order) in statuses

    @cached_property
    def _reader(self) -> BalanceReader:
        return BalanceReader(client=self.client, clock=self.clock)

    @cached_property
    def _waiting(self) -> WaitingMessages:
        return WaitingMessages(self.client, self.records)

    @cached_property
    def _messages(self) -> AccountMessages:
        return AccountMessages(self.client)


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """The known events since a snapshot, and the readings that they are to explain."""

    snapshot: Mapping[str, Any]
    before: BalanceReading
    after: Sequence[BalanceReading]
    messages: Sequence[ListedMessage]
    refunds: Sequence[Withdrawal]
    transfers: Sequence[Transferred]
    unbilled: float

    @property
    def readings_needed(self) -> int:
        """Readings that must agree."""
        # A message that OVH dates before a reading and bills after it would count too early: twice it does not happen.
        return 2 if self.messages or self.refunds else 1

    def came_back(self, readings: Sequence[Mapping[str, Any]], explaining: Collection[str]) -> bool:
        """Whether credits were gone at a reading before an explained one, and no known event returned them.

        OVH executed something then that it does not list, such as the batch, and did not bill its error.
        """
        if any(each.credits == 0 for each in self.messages):  # listed refunds, of nobody knows how many credits
            return False
        returned = self.unbilled + sum(each.credits for each in self.refunds)
        for reading, each in zip(self.after, readings, strict=True):
            if each["second"] in explaining or each["second"] > max(explaining):
                continue
            gone = unexplained(self.before, reading, **self.events(reading, each["delivered"]))
            if gone is not None and gone.least - returned > LEAST / 2:
                return True
        return False

    def events(self, after: BalanceReading, delivered: Sequence[int]) -> dict[str, Any]:
        """The events for :func:`unexplained`."""
        return {
            "messages": self.messages,
            "refunds": self.refunds,
            "orders": [DeliveredOrder(credits=each, after=self.before.ends, before=after.second) for each in delivered],
            "transfers": self.transfers,
            "unbilled": self.unbilled,
        }


def is_of_quota(made: JournaledTransfer, account: str) -> bool:
    """Return whether a transfer went from an account to the quota of its user, or back."""
    return made.source.startswith(f"{account} ") or made.target.startswith(f"{account} ")


def _transferred(made: JournaledTransfer, account: str) -> Transferred:
    return Transferred(
        credits=made.credits if made.target == account else -made.credits,
        after=made.after,
        before=made.before,
        is_exact=made.is_exact,
        of_quota=is_of_quota(made, account),
    )
