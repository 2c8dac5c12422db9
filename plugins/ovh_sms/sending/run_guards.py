"""Guards of a run: its people, its price, and how much it has grown since the last run of the campaign was sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.contacts.reject_limit import faults
from ovh_sms.errors import LimitExceeded

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.contacts.preview.list_preview import Price
    from ovh_sms.store.last_runs import LastRun

log = logging.getLogger(__name__)

#: A list that has lost fewer rows for their faults than this has no growing share of them.
FEWEST_FAULTS = 10
#: From this growth on a question names it, if the campaign file has no limit of its own.
USUAL_GROWTH, USUAL_REJECTED_GROWTH = 10.0, 2.0


@dataclass(frozen=True, kw_only=True)
class GuardLimits:
    """How many people a run may write to, how much it may cost and grow; ``None``: any number.

    :param rows: people at most.
    :param growth: times as many people as the last run that was sent.
    :param rejected_growth: times its share of rows that were rejected for their faults.
    :param price: money without tax.
    """

    rows: float | None = None
    growth: float | None = None
    rejected_growth: float | None = None
    price: float | None = None

    @classmethod
    def for_a_person(cls, given: Mapping[str, float]) -> Self:
        """Return the limits that a question names: those of the file, and the usual growth."""
        return cls(**{"growth": USUAL_GROWTH, "rejected_growth": USUAL_REJECTED_GROWTH, **given})


@dataclass(frozen=True)
class Exceeded:
    """A limit that a run exceeds.

    :param name: of the field below ``limits``.
    :param what: the figures, in one sentence without its full stop.
    :param allowed: the limit, as people read it.
    :param numbers: the figures alone.
    """

    name: str
    what: str
    allowed: str
    numbers: dict[str, float]

    def __str__(self) -> str:
        """Write it with the limit."""
        return f"{self.what}; '{self.name}' allows {self.allowed}."

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def exceeded(
    prepared: PreparedList, limits: GuardLimits, *, last: LastRun | None, price: Price | None
) -> list[Exceeded]:
    """List the limits that a prepared list exceeds, with figures.

    :param last: the last run of the campaign that was sent.
    :param price: of one credit; ``None`` if OVH does not quote it.
    """
    found: list[Exceeded] = []
    people = prepared.accepted
    if limits.rows is not None and people > limits.rows:
        what = f"The list has {people:,} people"
        found.append(Exceeded("rows", what, f"{limits.rows:,.0f}", {"people": people}))
    if limits.growth is not None and last is not None and people > limits.growth * last.accepted > 0:
        times = people / last.accepted
        shown = _times(times, limits.growth)
        what = f"The list has {people:,} people, {shown} times as many as the last run that was sent"
        numbers = {"people": people, "before": last.accepted, "times": times}
        found.append(Exceeded("growth", f"{what} ({last.accepted:,})", f"{limits.growth:g} times", numbers))
    if limits.rejected_growth is not None and last is not None:
        found += _more_rejects(prepared, limits.rejected_growth, last)
    return found + ([] if limits.price is None else _too_dear(prepared, limits.price, price))


def check_guards(found: Sequence[Exceeded], *, approval: bool) -> None:
    """Refuse a run that exceeds a limit; if a person approves it, the question names the limits instead.

    :raises LimitExceeded: names each limit with its figures.
    """
    for each in found if approval else ():
        log.warning("limit=%s exceeded: a person decides", each.name)
    if not found or approval:
        return
    names = " and ".join(f"'{each.name}'" for each in found)
    raise LimitExceeded(
        " ".join(map(str, found)),
        action=f"Nothing was sent. Check the contact list. If it is right, raise {names} below 'limits' in the "
        "campaign file and clear this task; or write 'approval' in it, so that a person decides, and start a new run.",
    )


def _more_rejects(prepared: PreparedList, most: float, last: LastRun) -> list[Exceeded]:
    lost = sum(faults(prepared).values())
    share, before = lost / max(1, prepared.rows), last.faults / max(1, last.rows)
    if lost < FEWEST_FAULTS or share <= most * before:
        return []
    now = f"{lost:,} of {prepared.rows:,} rows were rejected for their faults ({100 * share:.1f} %)"
    then = f"{last.faults:,} of {last.rows:,} in the last run that was sent ({100 * before:.1f} %)"
    numbers = {"rejected": lost, "rows": prepared.rows, "before": last.faults, "rows_before": last.rows}
    return [Exceeded("rejected_growth", f"{now}, {then}", f"{most:g} times the share", dict(numbers))]


def _too_dear(prepared: PreparedList, most: float, price: Price | None) -> list[Exceeded]:
    allowed, numbers = f"{most:,.2f}", {"credits": float(prepared.credits)}
    if price is None:
        what = f"The run costs {prepared.credits:,.12g} credits, and OVH does not quote the price of a credit"
        return [Exceeded("price", what, allowed, numbers)]
    cost = prepared.credits * price.per_credit
    if cost <= most:
        return []
    money = f"{cost:,.2f} {price.currency}".rstrip()
    what = f"The run costs {money} without tax ({prepared.credits:,.12g} credits)"
    return [Exceeded("price", what, allowed, {**numbers, "price": cost})]


def _times(times: float, limit: float) -> str:
    """Write a factor with as many decimals as show that it is over the limit."""
    texts = [f"{times:,.{decimals}f}" for decimals in range(1, 9)]
    return next((each for each in texts if float(each.replace(",", "")) > limit), texts[-1])
