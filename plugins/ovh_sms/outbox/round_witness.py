"""The account's credits right before some groups: read once for many, as the journal explains what comes in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.sending.payer import Payer

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.account_records import AccountRecords
    from ovh_sms.store.store import Store

#: A reading serves the groups that follow for so long; less than the journal's own window for an attempt.
LASTS = timedelta(minutes=5)
#: One that was made while the account was busy proves little, and is made again soon.
INEXACT_LASTS = timedelta(seconds=30)


@dataclass(kw_only=True)
class RoundWitness:
    """Reads the snapshot that later observations of groups are compared with.

    Credits that went after it are explained by the messages that OVH lists, of whichever group. It is read anew once
    another write was made for the account, or an answer was lost: then the journal does not explain everything.
    """

    client: OvhSmsClient
    store: Store
    records: AccountRecords
    clock: Clock
    _snapshot: dict[str, Any] | None = field(default=None, init=False)
    _spent: float = field(default=0.0, init=False)
    _lasts_until: float = field(default=0.0, init=False)
    _other_write: datetime | None = field(default=None, init=False)
    _not_before: datetime | None = field(default=None, init=False)

    def snapshot(self) -> dict[str, Any]:
        """Return the snapshot for a group, with OVH's time before which none of its messages is dated: JSON values."""
        if not self._is_of_use():
            self._read()
        assert self._snapshot is not None  # noqa: S101 - just read
        assert self._not_before is not None  # noqa: S101 - just read
        # What the reading holds is not dated in this second.
        second = max(self.client.time().replace(microsecond=0), self._not_before)
        return {"ovh_time": second.isoformat(), **self._snapshot}

    def warm_up(self) -> None:
        """Read the snapshot if the last one is too old; not again if another write was made since."""
        if self._snapshot is None or self.clock.monotonic() > self._lasts_until:
            self._read()

    @property
    def credits_left(self) -> float:
        """Credits of the account, or of the user's quota, at the last reading, less what was sent since."""
        assert self._snapshot is not None  # noqa: S101 - a snapshot comes first
        return float(self._snapshot["balance"]["credits"]) - self._spent

    def note_spent(self, amount: float) -> None:
        """Note credits that a group took."""
        self._spent += amount

    def forget(self) -> None:
        """Read anew before the next group."""
        self._snapshot = None

    def _is_of_use(self) -> bool:
        if self._snapshot is None or self.clock.monotonic() > self._lasts_until:
            return False
        return self.store.outbox.newest_other_write(self.records.account) == self._other_write

    def _read(self) -> None:
        self._other_write = self.store.outbox.newest_other_write(self.records.account)
        began = self.clock.monotonic()
        payer = Payer(client=self.client, records=self.records, clock=self.clock)
        self._snapshot, self._spent = payer.snapshot(), 0.0
        is_exact = self._snapshot["balance"]["second_after"] is None
        self._lasts_until = began + (LASTS if is_exact else INEXACT_LASTS).total_seconds()
        self._not_before = self.client.wait_for_next_second()
