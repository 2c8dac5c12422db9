"""How many credits an account needs, by the threshold or the cover that its file asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Self

from ovh_sms.forecast.outlook import Outlook

#: A person pays an order within so many days.
PAY_DAYS = 3.0
#: An order brings at most so much of the expected spending beyond what is needed, so that little money lies idle.
SPARE_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class StockRule:
    """The stock that an account should hold.

    :param threshold: credits; or
    :param cover_days: days that the credits must last, nine of ten times.
    :param pay_days: days from an order until a person has paid it.
    """

    threshold: float | None = None
    cover_days: float | None = None
    pay_days: float = PAY_DAYS

    def __post_init__(self) -> None:
        if (self.threshold is None) == (self.cover_days is None):
            raise ValueError("Give either a threshold or cover_days.")


@dataclass(frozen=True, kw_only=True)
class CreditsNeeded:
    """Credits that an account needs now.

    :param credits: to order or to transfer at least; 0 if nothing is needed.
    :param at_most: credits that an order should not exceed, if the sizes on offer allow that.
    :param asked: stock that the rule asks for.
    :param planned: credits of planned runs in ``asked``; the rest is for what nobody planned.
    :param order_below: stock under which credits are needed: also what is spent until a person has paid.
    :param stock: credits left, less those that runs have reserved or wait for.
    """

    credits: int
    at_most: int
    asked: float
    planned: float
    order_below: float
    stock: float

    @property
    def is_needed(self) -> bool:
        """Whether anything is needed."""
        return self.credits > 0

    def __str__(self) -> str:
        """Say it in English, as logs do."""
        known = f"{self.stock:,.0f} credits free, {self.order_below:,.0f} wanted"
        if not self.is_needed:
            return f"{known}: nothing is needed."
        return f"{known}: {self.credits:,} are needed, for a stock of {self.asked:,.0f} once a person has paid."

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made."""
        return cls(**values)


def credits_needed(
    rule: StockRule, coming: Outlook, *, credits_left: float, reserved: float = 0.0, awaited: float = 0.0
) -> CreditsNeeded:
    """Return how many credits an account needs.

    With ``cover_days``: ``asked`` = spending of those days; ``order_below`` = ``asked`` + spending while a person pays.
    With ``threshold``: ``asked`` = ``order_below`` = the threshold; what is spent while a person pays is ordered with
    it. Each spending is the upper end of its interval, planned runs included. ``stock`` = ``credits_left`` -
    ``reserved`` - ``awaited``. Credits are needed if ``stock`` < ``order_below``. An open order does not count: the
    need that it covers gets no other.

    :param coming: what the account will spend.
    :param credits_left: as the account holds them now.
    :param reserved: credits of runs that are on their way and not submitted yet.
    :param awaited: credits of runs that wait for them: the account holds too few.
    """
    stock = credits_left - reserved - awaited
    if rule.threshold is None:
        days = rule.cover_days or 0.0
        asked, planned = coming.at_most(days), coming.planned_at_most(days)
        spare = SPARE_SHARE * coming.spending(days).expected
        order_below = wanted = asked + coming.at_most(rule.pay_days, after=days)
    else:
        asked, planned = rule.threshold, 0.0
        order_below, spare = asked, SPARE_SHARE * asked
        wanted = asked + coming.at_most(rule.pay_days)
    lacking = ceil(wanted - stock) if stock < order_below else 0
    at_most = lacking + ceil(spare) if lacking else 0
    return CreditsNeeded(
        credits=lacking, at_most=at_most, asked=asked, planned=planned, order_below=order_below, stock=stock
    )


def fitting_sizes(needed: CreditsNeeded, sizes: Sequence[int]) -> list[int]:
    """Return the sizes of orders that fit a need: those that cover it and are not too large.

    :param sizes: credits of the orders that may be made.
    :returns: the smallest first; if none fits, the smallest that covers it; else the largest.
    """
    if not needed.is_needed:
        return []
    covering = sorted(size for size in sizes if size >= needed.credits)
    fitting = [size for size in covering if size <= needed.at_most]
    return fitting or covering[:1] or [max(sizes)]
