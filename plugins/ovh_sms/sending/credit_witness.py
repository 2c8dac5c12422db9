"""The account's credits as a witness: were they taken for a batch that OVH does not list yet?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.api.orders import CLOSED_STATUSES, LONGEST_OPEN
from ovh_sms.sending.account_balance import DELETION_TAKES, BalanceReading, DeliveredOrder, explained
from ovh_sms.sending.balance_reader import AccountMessages, BalanceReader
from ovh_sms.sending.packed_ids import unpack_ids
from ovh_sms.sending.waiting_messages import WaitingMessages

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal

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
    messages that OVH lists, withdrawn messages and orders of the journal. A pending or unknown attempt explains none.
    If others added credits, by an order or by withdrawing messages, they may hide those of the batch.
    """

    client: OvhSmsClient
    journal: Journal
    clock: Clock

    def snapshot(self) -> dict[str, Any]:
        """Read what a later observation is compared with: JSON values."""
        # All of it before the balance: what changes in between is taken for a change since.
        waiting = set(self.client.jobs.pending_ids())
        lists = {"closed_orders": self._closed_orders(), "waiting": self._waiting.snapshot(waiting)}
        for _ in range(READINGS):
            unbilled = self._messages.unbilled()
            # An account that seems quiet may not be: OVH lists late, and an inexact reading explains nothing later.
            balance = self._reader.read(tries=TRIES)
            if set(unbilled).issuperset(self._messages.unbilled()):
                break
        here = {**lists, "unbilled": unbilled, "balance": balance.to_json()}
        return here if balance.exact else {**here, "earlier": self.journal.exact_snapshot(self.client.time())}

    def reading(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Read the balance of an observation, and before it which orders were delivered since a snapshot: JSON values.

        :param snapshot: of the batch, see :meth:`snapshot`.
        """
        snapshot = snapshot.get("earlier") or snapshot
        delivered = [
            made.quantity
            for order, made in self.journal.orders(LONGEST_OPEN).items()
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
        if earlier := snapshot.get("earlier"):  # what has waited since is not older than that
            snapshot, ids_before = earlier, unpack_ids(earlier["waiting"]["ids"]).intersection(ids_before)
        before = BalanceReading.from_json(snapshot["balance"])
        after = [BalanceReading.from_json(each) for each in readings]
        listed = self._messages.listed(before.second, after[-1].ends, ids_before=ids_before)
        if listed is None or not shows_nothing():
            return False
        given: dict[str, Any] = {
            "messages": listed,
            "refunds": self.journal.withdrawn_since(before.second - DELETION_TAKES),
            "unbilled": self._messages.refunded(snapshot["unbilled"], before),
            "least": LEAST,
        }
        known = {second for each in readings for second in each.get("explained", ())}
        explaining = {
            each["second"]
            for reading, each in zip(after, readings, strict=True)
            if each["second"] in known
            or explained(before, reading, orders=_orders(before, reading, each["delivered"]), **given)
        }
        # Once may be by chance: a reading counts for good if a later listing explains it.
        readings[-1]["explained"] = sorted(explaining - {readings[-1]["second"]} | known)
        # A message that OVH dates before a reading and bills after it would count too early: twice it does not happen.
        if len(explaining) < (2 if listed or given["refunds"] else 1):
            return False
        return not self._has_order_of_others(snapshot) and not self._waiting.may_be_withdrawn(
            snapshot["waiting"], before.second, withdrawn_since=before.second - DELETION_TAKES
        )

    def _closed_orders(self) -> list[int]:
        """List the orders whose credits are on the account already, or will never be."""
        known = self.journal.closed_orders()
        return sorted(each for each in self._orders() if each in known or self._has_status(each, CLOSED_STATUSES))

    def _has_order_of_others(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether OVH shows an order of others for this account that was delivered since a snapshot."""
        new = self._orders().difference(snapshot["closed_orders"], self.journal.orders(LONGEST_OPEN))
        return any(self._has_status(each, _DELIVERED) and self.client.orders.may_be_ours(each) for each in sorted(new))

    def _orders(self) -> set[int]:
        """The journal's orders, and those that OVH shows, which may be for another service."""
        listed = self.client.orders.shown_ids(self.client.time() - LONGEST_OPEN)
        return {*self.journal.orders(LONGEST_OPEN), *listed}

    def _has_status(self, order: int, statuses: Collection[str]) -> bool:
        return self.client.orders.shown_status(order) in statuses

    @cached_property
    def _reader(self) -> BalanceReader:
        return BalanceReader(client=self.client, clock=self.clock)

    @cached_property
    def _waiting(self) -> WaitingMessages:
        return WaitingMessages(self.client, self.journal)

    @cached_property
    def _messages(self) -> AccountMessages:
        return AccountMessages(self.client)


def _orders(before: BalanceReading, after: BalanceReading, delivered: Sequence[int]) -> list[DeliveredOrder]:
    return [DeliveredOrder(credits=each, after=before.ends, before=after.second) for each in delivered]
