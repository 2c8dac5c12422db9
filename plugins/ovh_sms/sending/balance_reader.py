"""Reads the account's balance at the beginning of a second of OVH's, and the messages that OVH lists."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.sending.account_balance import SECOND, BalanceReading, ListedMessage

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Message, OutgoingMessage, PendingMessage
    from ovh_sms.clock import Clock

#: Calls in which messages are read for their credits: 15,000 at 50 in a call, 300 where OVH reads them one by one.
MOST_CALLS = 300
#: Delivery receipt of an error that OVH does not bill: it refunds the message's credits.
_UNBILLED = 16
#: Delivery receipts after which a message's credits do not change any more: delivered, failed, not billed.
_FINAL_RECEIPTS = frozenset({1, 2, _UNBILLED})
#: An older message does not fail any more: OVH has given it up.
_FAILS_WITHIN = timedelta(days=2)
#: Receivers whose messages take one credit for each segment.
_ONE_CREDIT = "+33"
#: The turn of a second is known this precisely before it is bracketed, in seconds: at the first try, and later.
_ROUGH, _FINE = 0.3, 0.05
#: So many times is OVH asked for its time to see one turn of a second.
_MOST_TIMES = 6
#: A read that takes longer than this, in seconds, had to wait for its turn among the calls of a minute.
_LONGEST = 0.5
#: After such a wait, so many seconds without a call let the next few pass at once.
_REST = 8.0
#: Left between the reads before a turn and the turn itself, in seconds.
_MARGIN = 0.01


@dataclass
class BalanceReader:
    """Reads the credits between two seconds of OVH's. One object for a task: what it learns saves calls.

    Credits are read, then OVH's time until it has turned, then the credits again. If they are the same, nobody took or
    added any in between, so they are those of the very turn. Where the turn is expected only decides when it is asked
    for, never whether a reading is exact.

    :param client: the account to read. Its calls are paced: if few calls a minute are left, a busy account changes
        while they wait, so the reader rests first.
    """

    client: OvhSmsClient
    clock: Clock
    #: OVH's time minus the monotonic clock, in seconds: between these two.
    _low: float = field(default=-math.inf, init=False)
    _high: float = field(default=math.inf, init=False)
    #: How long the last read of the credits and then of the time took, in seconds.
    _seconds: float = field(default=0.1, init=False)
    #: Whether a read had to wait for its turn since the last rest.
    _paced: bool = field(default=False, init=False)

    def read(self, *, tries: int = 3) -> BalanceReading:
        """Read the balance: 4 or 5 calls and a second on a quiet account.

        :param tries: turns of a second that are bracketed before the reading is left inexact.

        Source: GET ``/sms/{serviceName}`` and ``/auth/time``.
        """
        for number in range(tries):
            if self._paced:
                self._paced = False
                self.clock.sleep(_REST)
            if number:
                self._learn_turn()
            if reading := self._at_turn(_FINE if number else _ROUGH):
                return reading
        second, account = self._time(), self.client.account.get()
        return BalanceReading(
            second=_moment(second),
            credits=account.credits_left,
            second_after=_moment(self._time()),
            recredited=account.is_recredited,
            held=account.credits_held,
        )

    def _at_turn(self, precision: float) -> BalanceReading | None:
        """Read credits before and after a second turns; ``None`` if they are not the same, or it was not seen."""
        self._await_turn()
        started = self.clock.monotonic()
        first = self.client.account.get()
        second = last = self._time()
        self._seconds = min(self.clock.monotonic() - started, _LONGEST)
        for _ in range(_MOST_TIMES):
            if last > second:
                break
            last = self._time_near_turn(second + 1, precision)
        account = self.client.account.get()
        same = (first.credits_left, first.credits_held) == (account.credits_left, account.credits_held)
        if last <= second or not same:
            return None
        return BalanceReading(
            second=_moment(last),
            credits=account.credits_left,
            recredited=first.is_recredited or account.is_recredited,
            held=account.credits_held,
        )

    def _learn_turn(self) -> None:
        """Ask for the time until it is known precisely when a second turns."""
        for _ in range(_MOST_TIMES):
            if self._high - self._low <= _FINE + self._seconds:
                return
            now = self.clock.monotonic()
            self._time_near_turn(math.floor(now + (self._low + self._high) / 2) + 1, _FINE)

    def _await_turn(self) -> None:
        """Wait until credits and time can just be read before the next turn; not at all if it is not known."""
        if self._high - self._low > 0.5:
            return
        earliest = self.clock.monotonic() + self._high + self._seconds + _MARGIN
        self._sleep_until(math.ceil(earliest) - self._high - self._seconds - _MARGIN)

    def _time_near_turn(self, turn: int, precision: float) -> int:
        """Ask for the time when a second may just have turned: in the middle of what is possible, or at its end."""
        early = max(turn - self._high, self.clock.monotonic())
        late = turn - self._low
        self._sleep_until(late if late - early <= precision else (early + late) / 2)
        return self._time()

    def _time(self) -> int:
        """Ask OVH for its time, in whole seconds since 1970, and learn from it when a second turns."""
        sent = self.clock.monotonic()
        shown = int(self.client.read_time().timestamp())
        received = self.clock.monotonic()
        self._paced = self._paced or received - sent > _LONGEST
        low, high = max(self._low, shown - received), min(self._high, shown + 1 - sent)
        if low > high:  # a clock was set
            low, high = shown - received, shown + 1 - sent
        self._low, self._high = low, high
        return shown

    def _sleep_until(self, moment: float) -> None:
        seconds = moment - self.clock.monotonic()
        if seconds > 0:
            self.clock.sleep(seconds)


@dataclass
class AccountMessages:
    """Lists the messages of all submissions of the account. One object for a task: what it keeps is not read again."""

    client: OvhSmsClient
    _outgoing: dict[int, OutgoingMessage] = field(default_factory=dict, init=False)
    _pending: dict[int, PendingMessage] = field(default_factory=dict, init=False)

    def listed(
        self, since: datetime, until: datetime, *, ids_before: Collection[int] = (), listed_before: Collection[int] = ()
    ) -> list[ListedMessage] | None:
        """List the messages created from one second to before another, as OVH lists them now.

        Those that have left come first: a message that leaves in between is missed, and listed the next time; the other
        way round it would count twice.

        :param since: OVH's time, whole seconds; included.
        :param until: OVH's time, whole seconds; not included.
        :param ids_before: OVH's ids of pending messages that are certainly older: they are not even read.
        :param listed_before: those of messages that had left and were listed before ``since``, the same.
        :returns: ``None`` if too many messages have to be read.

        Source: GET ``/sms/{serviceName}/outgoing``, ``/outgoing/{id}``, ``/jobs`` and ``/jobs/{id}``.
        """
        outgoing = self.client.outgoing.ids(created_from=since, created_to=until - SECOND)
        outgoing = [each for each in outgoing if each not in listed_before] if listed_before else outgoing
        known = {*outgoing, *ids_before}
        pending = [each for each in self.client.jobs.pending_ids() if each not in known]
        new_outgoing = [each for each in outgoing if each not in self._outgoing]
        new_pending = [each for each in pending if each not in self._pending]
        left, still_waiting = (
            self.client.outgoing.read_within(new_outgoing, MOST_CALLS),
            self.client.jobs.read_within(new_pending, MOST_CALLS),
        )
        if left is None or still_waiting is None:
            return None
        read = {each.id: each for each in left}
        self._pending.update((each.id, each) for each in still_waiting)
        # An error that is not billed refunds a message's credits: it is read again until that cannot happen any more.
        self._outgoing.update((i, each) for i, each in read.items() if each.delivery_receipt in _FINAL_RECEIPTS)
        found = [read[i] if i in read else self._outgoing[i] for i in outgoing]
        waiting = [self._pending[i] for i in pending if i in self._pending]
        listed = [ListedMessage(created=each.created, credits=_credits(each)) for each in (*found, *waiting)]
        return [each for each in listed if since <= each.created < until]

    def unbilled(self) -> list[int]:
        """List the recent messages that failed in a way that OVH does not bill: to be kept, right before a reading.

        Source: GET ``/sms/{serviceName}/outgoing`` with the filter deliveryReceipt.
        """
        return self._unbilled(self.client.time() - _FAILS_WITHIN, None)

    def refunded(self, known: Collection[int], before: BalanceReading) -> float:
        """Add up the credits that OVH may have refunded since a reading for older messages that failed.

        :param known: what :meth:`unbilled` listed right before that reading.
        :returns: infinite if the credits of one are not known: OVH does not show them any more.

        Source: GET ``/sms/{serviceName}/outgoing`` and ``/outgoing/{id}``.
        """
        listed = self._unbilled(before.second - _FAILS_WITHIN, before.ends - SECOND)
        new = sorted(set(listed).difference(known))
        failed = self.client.outgoing.read_within(new, MOST_CALLS)
        if failed is None:
            return math.inf
        older = [each for each in failed if each.created < before.ends]  # a user's messages come with any date
        return float(sum(each.segments if each.receiver.startswith(_ONE_CREDIT) else math.inf for each in older))

    def _unbilled(self, since: datetime, until: datetime | None) -> list[int]:
        return self.client.outgoing.ids(delivery_receipt=_UNBILLED, created_from=since, created_to=until)


def _credits(message: Message) -> float:
    return 0.0 if message.delivery_receipt == _UNBILLED else message.credits


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
