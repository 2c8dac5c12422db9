"""The journal's records about one account's credits: what was ordered, transferred and withdrawn, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ovh_sms.clock import Clock
    from ovh_sms.store.journaled_transfers import JournaledTransfer
    from ovh_sms.store.models import JournaledOrder
    from ovh_sms.store.store import Store
    from ovh_sms.store.user_records import JournaledQuota
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
        """Return the transfers from and to the account that were made after a moment of OVH's time, or at it.

        Quotas are among them: OVH takes those out of the account's credits, and adds them to a user's.
        """
        found = self.store.deposits.transfers(self.account, moment - TRANSFER_TAKES)
        for each in self.store.users.quota_changes(self.account, moment - TRANSFER_TAKES):
            found += _transfers(each)
        return [each for each in found if each.before > moment]

    def closed_orders(self) -> set[int]:
        """Return the orders that were closed at the snapshot of the account's newest batch: they stay so."""
        newest = self.store.attempts.newest_snapshots(self.account, limit=1)
        return {order for snapshot in newest for order in snapshot.get("closed_orders", ())}

    def exact_snapshot(self, at: datetime, *, quota_of: str = "") -> dict[str, Any] | None:
        """Return what the newest batch found whose reading of the account's balance is exact; ``None`` if all are old.

        The account's credits are one balance: where they went is explained from there just as well.

        :param at: now, by OVH's time, as the readings are dated.
        :param quota_of: login of the user whose quota is meant; by default the account's credits are.
        """
        since = at - RIVAL_WINDOW
        for each in self.store.attempts.newest_snapshots(self.account, limit=MOST_SNAPSHOTS):
            if each.get("quota_of", "") != quota_of:
                continue
            found = {"listed": each.get("listed"), **(each.get("earlier") or each)}
            balance = found.get("balance")
            if balance and not balance["second_after"] and datetime.fromisoformat(balance["second"]) >= since:
                names = ("closed_orders", "waiting", "unbilled", "balance", *(["listed"] if quota_of else []))
                return {name: found[name] for name in names}
        return None

    def message_ids_by_tag(self) -> dict[str, set[int]]:
        """Return OVH's ids of the messages that the account's batches may still have waiting, by tag."""
        return self.store.attempts.message_ids_by_tag(self.account)

    def message_ids(self) -> NDArray[np.int64]:
        """Return the same ids without the tags, in eight bytes each."""
        return self.store.attempts.message_ids_of_account(self.account)


def _transfers(change: JournaledQuota) -> list[JournaledTransfer]:
    """A change of a quota as transfers between the account and its user: what went, and what may have gone besides."""
    from ovh_sms.store.journaled_transfers import JournaledTransfer

    user, account, times = f"{change.account} {change.login}", change.account, (change.after, change.before)
    source, target = (account, user) if change.credits > 0 else (user, account)
    found = [JournaledTransfer(source, target, abs(change.credits), *times, change.is_exact)] if change.credits else []
    if change.more:
        found.append(JournaledTransfer(account, user, change.more, *times, is_exact=False))
    return found
