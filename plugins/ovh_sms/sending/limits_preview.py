"""The limits of a campaign file beside the figures of its next run: which would stop it, and which it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.limit_check import LimitCheck, LimitState
from ovh_sms.contacts.reject_limit import faults
from ovh_sms.sending.run_guards import Exceeded, GuardLimits, exceeded

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.contacts.preview.list_preview import Price
    from ovh_sms.store.last_runs import LastRun


@dataclass(frozen=True, kw_only=True)
class NextRun:
    """The figures that the limits are compared with.

    :param last: the last run of the campaign that was sent; ``None`` if there is none, or nobody knows.
    :param no_last: why nothing is compared with the last run.
    :param price: of one credit; ``None`` if nobody has asked for it.
    """

    prepared: PreparedList
    last: LastRun | None
    no_last: str = "no run of the campaign was sent"
    price: Price | None = None

    def checks(self, guards: Mapping[str, float], *, approval: bool) -> list[LimitCheck]:
        """Compare each limit with the figures.

        :param guards: those that the campaign file has, see :class:`~ovh_sms.sending.run_guards.GuardLimits`.
        :param approval: a person decides about what exceeds them, and is asked about unusual growth, too.
        """
        limits = GuardLimits(**guards)
        asked = GuardLimits.for_a_person(guards) if approval else limits
        over = {
            each.name: LimitCheck(name=each.name, state=LimitState.EXCEEDED, text=_exceeded(each, approval=approval))
            for each in exceeded(self.prepared, asked, last=self.last, price=self.price)
            if each.name != "price" or self.price is not None
        }
        return [*over.values(), *(each for each in self._others(limits) if each.name not in over)]

    def _others(self, limits: GuardLimits) -> Iterator[LimitCheck]:
        """The limits that the run keeps, and those that nobody can compare."""
        it, last = self.prepared, self.last
        if limits.rows is not None:
            yield _kept("rows", f"{it.accepted:,} people of {limits.rows:,.0f}")
        if limits.growth is not None:
            if last is None:
                yield _unknown("growth", self.no_last)
            else:
                yield _kept("growth", f"{it.accepted:,} people, {last.accepted:,} in the last run that was sent")
        if limits.rejected_growth is not None:
            if last is None:
                yield _unknown("rejected_growth", self.no_last)
            else:
                now = f"{sum(faults(it).values()):,} of {it.rows:,} rows rejected for their faults"
                yield _kept("rejected_growth", f"{now}, {last.faults:,} of {last.rows:,} in the last run that was sent")
        if limits.price is not None:
            if self.price is None:
                yield _unknown("price", "the price of a credit is not known: give --ask-ovh or --price-per-credit")
            else:
                yield _kept("price", f"{it.credits * self.price.per_credit:,.2f} of {limits.price:,.2f} without tax")


def _exceeded(limit: Exceeded, *, approval: bool) -> str:
    if approval:
        return f"{limit.what}: a person would be asked"
    return f"{limit.what}; '{limit.name}' allows {limit.allowed}: the run would stop"


def _kept(name: str, figures: str) -> LimitCheck:
    return LimitCheck(name=name, state=LimitState.KEPT, text=f"Limit '{name}' kept: {figures}")


def _unknown(name: str, why: str) -> LimitCheck:
    return LimitCheck(name=name, state=LimitState.UNKNOWN, text=f"Limit '{name}' not compared: {why}")
