"""The account's balance as a witness: did known events take every credit that is gone between two readings?

OVH dates messages in whole seconds, and takes the credits when it accepts a message, before it lists it. A reading is
therefore made for the beginning of a second wherever that is possible (:mod:`ovh_sms.sending.balance_reader`): each
message created in that second or later is not in it, each older one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.store.withdrawals import Withdrawal

SECOND = timedelta(seconds=1)
#: A withdrawal is recorded before the message is deleted at OVH, and the deletion takes effect this much later at most.
DELETION_TAKES = timedelta(minutes=2)
#: Credits are written with some decimals; less than this is none.
NO_CREDIT = 1e-6


@dataclass(frozen=True, kw_only=True)
class BalanceReading:
    """The account's credits at one moment of OVH's time.

    :param second: OVH's time, a whole second. An exact reading holds the credits at its very beginning.
    :param credits: credits that were left.
    :param second_after: OVH's time after an inexact reading, whose credits were read between these two seconds or
        within them; ``None`` if the reading is exact.
    :param recredited: whether OVH buys credits by itself: then no balance proves anything.
    :param held: credits that OVH holds for the quotas of users. They are not among ``credits``.
    """

    second: datetime
    credits: float
    second_after: datetime | None = None
    recredited: bool = False
    held: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether these are the credits at the very beginning of ``second``."""
        return self.second_after is None

    @property
    def ends(self) -> datetime:
        """The first moment whose messages are certainly not in this reading; those before ``second`` certainly are."""
        return self.second if self.second_after is None else self.second_after + SECOND

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; moments as ISO 8601."""
        return {
            "second": self.second.isoformat(),
            "credits": self.credits,
            "second_after": self.second_after.isoformat() if self.second_after else None,
            "recredited": self.recredited,
            **({"held": self.held} if self.held else {}),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> BalanceReading:
        """Read what :meth:`to_json` made."""
        after = values["second_after"]
        return cls(
            second=datetime.fromisoformat(values["second"]),
            credits=float(values["credits"]),
            second_after=datetime.fromisoformat(after) if after else None,
            recredited=bool(values["recredited"]),
            held=float(values.get("held", 0.0)),
        )


@dataclass(frozen=True, kw_only=True)
class ListedMessage:
    """One message that OVH lists, pending or outgoing.

    :param created: OVH's date of the message, in whole seconds.
    :param credits: credits that it takes now; none after an error that OVH does not bill.
    """

    created: datetime
    credits: float


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """Credits of a journaled transfer; fewer than none if they left the account.

    :param after: OVH's time when they were not transferred yet.
    :param before: OVH's time when they were.
    :param is_exact: whether exactly these were, and not perhaps none of them.
    :param of_quota: whether they went to the quota of a user of the account, or came back from it.
    """

    credits: float
    after: datetime
    before: datetime
    is_exact: bool = True
    of_quota: bool = False


@dataclass(frozen=True, kw_only=True)
class DeliveredOrder:
    """Credits of a journaled order that OVH delivered.

    :param after: OVH's time when the order was not delivered yet.
    :param before: OVH's time when it was.
    """

    credits: float
    after: datetime
    before: datetime
    is_exact: bool = True


@dataclass
class _Sum:
    """Credits that certainly count between two readings, and those that may count."""

    certain: float = 0.0
    possible: float = 0.0

    def add(self, amount: float, *, certain: bool) -> None:
        if certain:
            self.certain += amount
        else:
            self.possible += amount

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(self.certain + other.certain, self.possible + other.possible)


class Presence(StrEnum):
    """Whether an amount of credits is gone that nothing else explains."""

    FOUND = "found"
    ABSENT = "absent"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Unexplained:
    """Credits that are gone between two readings and that no known event took: between two numbers.

    Fewer than none are credits that came.
    """

    least: float
    most: float

    def may_be(self, amount: float) -> bool:
        """Whether exactly so many credits may be unexplained."""
        return self.least - NO_CREDIT < amount < self.most + NO_CREDIT

    def presence(self, amount: float) -> Presence:
        """Say whether an amount is gone, or nothing is; unclear if both are possible, or neither is."""
        found, absent = self.may_be(amount), self.may_be(0.0)
        if found == absent:
            return Presence.UNCLEAR
        return Presence.FOUND if found else Presence.ABSENT


def unexplained(
    before: BalanceReading,
    after: BalanceReading,
    *,
    messages: Iterable[ListedMessage],
    refunds: Iterable[Withdrawal] = (),
    orders: Iterable[DeliveredOrder] = (),
    transfers: Iterable[Transferred] = (),
    unbilled: float = 0.0,
) -> Unexplained | None:
    """Return the credits that are gone between two readings and that known events did not take.

    :param before: read before the write may have reached OVH.
    :param after: read when the write could no longer reach OVH.
    :param messages: the messages of the account that OVH lists now, at least those created between the readings.
    :param refunds: withdrawn messages of the journal, at least those withdrawn since ``before`` less
        :data:`DELETION_TAKES`.
    :param orders: delivered orders of the journal.
    :param transfers: transfers of the journal.
    :param unbilled: credits that OVH refunded since ``before`` for older messages, because it does not bill their
        error; see :meth:`ovh_sms.sending.balance_reader.AccountMessages.refunded`.
    :returns: ``None`` if two such readings prove nothing: OVH buys credits by itself, they overlap, or what the quotas
        of users hold has changed by more than the journal knows: what a user spends of a quota is listed, and takes
        none of the account's credits.
    """
    if before.recredited or after.recredited or after.second < before.ends:
        return None
    moved = list(transfers)
    if not _is_held_known(before, after, moved):
        return None
    spent = _spent(before, after, messages) + _moved(before, after, (each for each in moved if each.credits < 0))
    added = _refunded(before, after, refunds) + _moved(before, after, (each for each in moved if each.credits > 0))
    bought = _moved(before, after, orders)
    # Refunds and orders hide credits that were taken: what they added is gone as well.
    rest = before.credits - after.credits - spent.certain + added.certain + bought.certain + unbilled
    return Unexplained(rest - spent.possible, rest + added.possible + bought.possible)


def explained(before: BalanceReading, after: BalanceReading, *, least: float, **events: Any) -> bool:
    """Return whether known events took every credit that is gone between two readings, so that a batch took none.

    The difference must be matched to the last credit: more or fewer credits gone than known leave open whether the
    batch's own are among them. The batch must not be listed, and this must be checked after ``messages`` were listed,
    first its pending and then its outgoing messages: a batch that came to light in between would explain itself.

    :param least: fewest credits that the batch takes if OVH executes any of it: those of its cheapest message.
    :param events: see :func:`unexplained`.
    """
    found = unexplained(before, after, **events)
    return found is not None and found.may_be(0.0) and found.most - found.least + NO_CREDIT < least


def _is_held_known(before: BalanceReading, after: BalanceReading, transfers: Iterable[Transferred]) -> bool:
    """Whether the journal knows every change of what the quotas of users hold."""
    changes = [each for each in transfers if each.of_quota]
    given = _moved(before, after, (each for each in changes if each.credits < 0))
    returned = _moved(before, after, (each for each in changes if each.credits > 0))
    if given.possible or returned.possible:
        return False
    return abs(after.held - before.held - given.certain + returned.certain) <= NO_CREDIT


def _spent(before: BalanceReading, after: BalanceReading, messages: Iterable[ListedMessage]) -> _Sum:
    """Credits of the messages created between the readings."""
    spent = _Sum()
    for each in messages:
        if before.second <= each.created < after.ends:
            spent.add(each.credits, certain=before.ends <= each.created < after.second)
    return spent


def _refunded(before: BalanceReading, after: BalanceReading, refunds: Iterable[Withdrawal]) -> _Sum:
    """Credits of older messages that were withdrawn between the readings.

    A message created and withdrawn in between took credits and had them refunded. If it was withdrawn only after the
    second reading, that reading stays unexplained, and a later one decides.
    """
    added = _Sum()
    for each in refunds:
        if each.created_at < before.ends and before.second - DELETION_TAKES <= each.at < after.ends:
            older = each.created_at < before.second
            added.add(each.credits, certain=older and before.ends <= each.at < after.second)
    return added


def _moved(before: BalanceReading, after: BalanceReading, deposits: Iterable[DeliveredOrder | Transferred]) -> _Sum:
    """Credits of the orders delivered, or of the transfers made, between the readings."""
    moved = _Sum()
    for each in deposits:
        if each.before > before.second and each.after < after.ends:
            within = before.ends <= each.after and each.before <= after.second
            moved.add(abs(each.credits), certain=within and each.is_exact)
    return moved
