"""Watches all submissions of one account that wait for their delivery receipts.

Three counts of the account show whether anything moved. Then one count a submission shows whether it is still open: the
receipt under which messages of it were open last, or its listed messages while OVH still holds some back. Only if that
count is zero are its final messages counted, and only they end a wait.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import Unavailable
from ovh_sms.messaging.delivery_status import PENDING_RECEIPTS
from ovh_sms.sending.account_receipts import ACCOUNT_SECONDS, AccountReceipts
from ovh_sms.sending.progress import Awaited, Progress, ProgressNews, ReceiptsWait, WaitEnd, WaitLimits, read_progress

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.sending.call_budget import CallBudget

#: From so many waiting submissions on, the account is read first.
MANY = 4
#: Seconds for which it is believed that a submission stands still because its account does, at least, and for each that
#: waits: two changes of one minute could cancel each other out.
STANDSTILL_SECONDS, STANDSTILL_EACH = 3600.0, 20.0

#: While OVH calls about messages of the account, a submission is read again after so many seconds.
CALLED_SECONDS = 60.0

FULL_READ_CALLS = 5  # four counts, and the account's pending messages
_CREATED_BEFORE = timedelta(hours=1)  # OVH's clock may be late
_LONG_AGO = timedelta(days=31)  # a submission of unknown age is younger


@dataclass
class _Waiting:
    """One submission that waits; ``due`` and ``read_at`` on the monotonic clock."""

    awaited: Awaited
    wait: ReceiptsWait
    limits: WaitLimits
    due: float
    since: datetime
    read_at: float = -math.inf
    open_receipts: tuple[int, ...] = tuple(reversed(PENDING_RECEIPTS))
    progress: Progress | None = None  # of the last full read
    held_at: int | None = None  # listed messages while OVH held some back, at the last full read


class ReceiptsWatch:
    """Reads the submission that is due for the longest time, one at a time, so that none starves.

    Source: GET ``/sms/{serviceName}/outgoing`` (filters tag, deliveryReceipt, creationDatetime), ``/jobs``.

    :param budget: while it is busy, single counts stand for the full progress.
    """

    def __init__(self, client: OvhSmsClient, clock: Clock, budget: CallBudget) -> None:
        self._client = client
        self._clock = clock
        self._budget = budget
        self._waiting: dict[Hashable, _Waiting] = {}
        self._account = AccountReceipts(client, clock)
        self._account_failed = False  # it rests until a submission was read: OVH may refuse to count so much

    def __len__(self) -> int:
        """Return the number of submissions that wait."""
        return len(self._waiting)

    def add(self, key: Hashable, awaited: Awaited, limits: WaitLimits) -> None:
        """Wait for one submission more; its first read is due at once."""
        since = limits.submitted_at or self._clock.now() - _LONG_AGO
        self._waiting[key] = _Waiting(awaited, ReceiptsWait(limits), limits, self._clock.monotonic(), since)

    def remove(self, key: Hashable) -> None:
        """Forget a submission."""
        self._waiting.pop(key, None)

    def read_soon(self) -> None:
        """Read the submissions sooner that are old and rarely read: OVH has called about messages of the account."""
        at = self._clock.monotonic()
        for each in self._waiting.values():
            pause = max(CALLED_SECONDS, each.limits.poll_interval.total_seconds())
            each.due = min(each.due, max(at, each.read_at + pause))

    def due(self) -> float:
        """Return the moment of the next read, on the monotonic clock; infinite if nothing waits."""
        self._pass_over_unmoved()
        first = min((each.due for each in self._waiting.values()), default=math.inf)
        return min(first, self._account_due())

    def deadline(self) -> datetime | None:
        """Return the earliest deadline."""
        return min((each.limits.deadline for each in self._waiting.values()), default=None)

    def cost(self) -> int:
        """Return the most calls of the next read."""
        if self._reads_account():
            return self._account.cost
        return 1 if self._reads_one_count(self._first()[1]) else FULL_READ_CALLS

    def ends(self, collect_now: Collection[str]) -> Iterator[tuple[Hashable, WaitEnd]]:
        """Yield the waits that end without a read: by their deadline, or because a person asks for it.

        :param collect_now: tags of the submissions whose wait a person ends.
        """
        now = self._clock.now()
        for key, each in list(self._waiting.items()):
            if end := each.wait.end_without_reading(now):
                yield key, end
            elif each.awaited.tag in collect_now:
                yield key, WaitEnd("ended_early", f"A person asked to collect now: {each.wait.message}")

    def read(self) -> Iterator[tuple[Hashable, WaitEnd | ProgressNews | Exception]]:
        """Make one read. Yield the progress of a submission if it changed, the end of its wait, or its error.

        :raises Unavailable: OVH cannot be reached; a later read goes on.
        """
        if self._reads_account():
            oldest = min(each.since for each in self._waiting.values())
            held = any(each.held_at is not None for each in self._waiting.values())
            self._account_failed = True
            self._account.read(oldest - _CREATED_BEFORE, with_pending=held)
            self._account_failed = False
            return
        key, waiting = self._first()
        before, waiting.progress = waiting.wait.message, None
        try:
            end = self._read_submission(waiting)
        except Unavailable:
            raise
        except Exception as error:  # of this submission alone
            yield key, error
            return
        if waiting.wait.message != before:
            yield key, ProgressNews(waiting.wait.message, waiting.awaited.tag, waiting.progress)
        if end:
            yield key, end

    def _read_submission(self, waiting: _Waiting) -> WaitEnd | None:
        at, now, was_due = self._clock.monotonic(), self._clock.now(), waiting.due
        waiting.due = at + waiting.wait.pause(now)  # also if OVH does not answer: the others come first
        if self._reads_one_count(waiting):
            if self._is_open(waiting):
                waiting.read_at = at
            else:
                waiting.due = was_due  # it keeps its place for another receipt, or the full read
            self._account_failed = False
            return None
        self._read_fully(waiting, now)
        self._account_failed = False
        waiting.read_at = at
        waiting.due = at + waiting.wait.pause(now)
        return waiting.wait.end(now)

    def _first(self) -> tuple[Hashable, _Waiting]:
        return min(self._waiting.items(), key=lambda item: item[1].due)

    def _reads_account(self) -> bool:
        first = min((each.due for each in self._waiting.values()), default=math.inf)
        return self._account_due() <= max(first, self._clock.monotonic())

    def _account_due(self) -> float:
        is_read = len(self._waiting) >= MANY and not self._account_failed
        return self._account.read_at + ACCOUNT_SECONDS if is_read else math.inf

    def _pass_over_unmoved(self) -> None:
        """Put off the submissions that are due although nothing of the account moved since they were read."""
        at, now, account = self._clock.monotonic(), self._clock.now(), self._account
        if self._account_due() <= at:
            return
        standstill = max(STANDSTILL_SECONDS, STANDSTILL_EACH * len(self._waiting))
        for each in self._waiting.values():
            if (
                each.due <= at
                and account.moved_at <= each.read_at < account.read_at
                and at - each.read_at < standstill
                and not each.wait.is_over_soon
            ):
                each.due = max(at, account.read_at + ACCOUNT_SECONDS, each.read_at + each.wait.pause(now))

    def _reads_one_count(self, waiting: _Waiting) -> bool:
        """Whether one count may show that it is still open, and more calls would be too many."""
        if waiting.wait.is_over_soon or not self._budget.is_busy(FULL_READ_CALLS, at=self._clock.monotonic()):
            return False
        waiting.open_receipts = tuple(filter(self._account.may_be_open, waiting.open_receipts))
        return waiting.held_at is not None or bool(waiting.open_receipts)

    def _is_open(self, waiting: _Waiting) -> bool:
        """Make one count that proves a submission open, if it does."""
        tag = waiting.awaited.tag
        if waiting.held_at is not None:
            if self._client.outgoing.count(tag=tag) == waiting.held_at and self._account.has_pending():
                return True
            waiting.held_at, waiting.open_receipts = None, ()
            return False
        receipt, *others = waiting.open_receipts
        if pending := self._client.outgoing.count(tag=tag, delivery_receipt=receipt):
            waiting.wait.note_pending(pending)
            waiting.open_receipts = (receipt,)  # once it is zero, all are counted
            return True
        waiting.open_receipts = tuple(others)
        return False

    def _read_fully(self, waiting: _Waiting, now: datetime) -> None:
        progress = read_progress(self._client, waiting.awaited)
        is_missing = not progress.is_final and progress.listed <= progress.final
        waiting.progress = progress
        waiting.held_at = progress.listed if is_missing else None
        waiting.open_receipts = tuple(reversed(PENDING_RECEIPTS))
        waiting.wait.add(now, progress, pending_anywhere=not is_missing or self._account.has_pending())
