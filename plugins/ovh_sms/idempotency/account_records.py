"""The journal's records about one account's credits: what was ordered, transferred and withdrawn, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.clock import Clock
    from ovh_sms.store.models import JournaledOrder, JournaledTransfer
    from ovh_sms.store.store import Store
    from ovh_sms.store.withdrawals import Withdrawal

#: An attempt is certainly over so long after its claim, by any clock.
RIVAL_WINDOW = timedelta(minutes=10)
#: So many batches are read to find an exact reading of the balance.
MOST_SNAPSHOTS = 20
#: A transfer whose answer was lost is known so long after its claim at most; a person may take that long.
TRANSFER_TAKES = timedelta(days=30)


@dataclass(frozen=True)
class AccountRecords:
    """Credits of one account that are accounted for: by any run, whichever process made the writes."""

    store: Store
    account: str
    clock: Clock

    def withdrawn_since(self, moment: datetime) -> list[Withdrawal]:
        """Return the messages of the account that were withdrawn since a moment of OVH's time."""
        return self.store.withdrawals.since(self.account, moment)

    def orders(self, within: timedelta) -> dict[int, JournaledOrder]:
        """Return the orders that any run made for the account lately, by OVH's ids."""
        return self.store.attempts.orders(self.account, self.clock.now() - within)

    def transfers_since(self, moment: datetime) -> list[JournaledTransfer]:
        """Return the transfers from and to the account that were made after a moment of OVH's time, or at it."""
        found = self.store.deposits.transfers(self.account, moment - TRANSFER_TAKES)
        return [each for each in found if each.before > moment]

    def closed_orders(self) -> set[int]:
        """Return the orders that were closed at the snapshot of the account's newest batch: they stay so."""
        newest = self.store.attempts.newest_snapshots(self.account, limit=1)
        return {order for snapshot in newest for order in snapshot.get("closed_orders", ())}

    def exact_snapshot(self, at: datetime) -> dict[str, Any] | None:
        """Return what the newest batch found whose reading of the account's balance is exact; ``None`` if all are old.

        The account's credits are one balance: where they went is explained from there just as well.

        :param at: now, by OVH's time, as the readings are dated.
        """
        since = at - RIVAL_WINDOW
        for each in self.store.attempts.newest_snapshots(self.account, limit=MOST_SNAPSHOTS):
            found = each.get("earlier") or each
            balance = found.get("balance")
            if balance and not balance["second_after"] and datetime.fromisoformat(balance["second"]) >= since:
                return {name: found[name] for name in ("closed_orders", "waiting", "unbilled", "balance")}
        return None

    def message_ids_by_tag(self) -> dict[str, set[int]]:
        """Return OVH's ids of the messages that the account's batches may still have waiting, by tag."""
        return self.store.attempts.message_ids_by_tag(self.account)
