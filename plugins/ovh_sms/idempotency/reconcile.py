"""The verdict of several observations of OVH about a write whose answer was lost. Pure: no call, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

#: OVH's clock shows whole seconds: two of its times may differ by so much more than the time that went by.
RESOLUTION = timedelta(seconds=1)


class Verdict(StrEnum):
    """The verdict on a write without an answer."""

    WAIT = "wait"
    FOUND = "found"
    ABSENT = "absent"
    PARTIAL = "partial"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The state of a write at OVH at one moment.

    :param at: the moment by OVH's clock, aware: workers' clocks may differ.
    :param found: how much of the write OVH shows: messages, or orders.
    :param exhaustive: whether everything that OVH holds could be compared with the write.
    :param ambiguous: whether messages of the write may be among those that cannot be distinguished.
    :param credits_missing: whether credits are missing as if OVH had executed more than it shows.
    :param balance: the account's credits at this moment, for later observations.
    :param named: whether OVH shows the write itself by its own name, so that nothing needs to be compared.
    """

    at: datetime
    found: int
    exhaustive: bool = True
    ambiguous: bool = False
    credits_missing: bool = False
    balance: dict[str, Any] | None = None
    named: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made."""
        return cls(**{**values, "at": datetime.fromisoformat(values["at"])})


def decide(
    observations: Sequence[Observation], *, expected: int | None, quiet_period: timedelta, reconcile_timeout: timedelta
) -> Verdict:
    """Decide what became of the write, once the observations have agreed for a quiet period.

    OVH may list late. What its list does not show yet is not absent, so only an unchanged picture counts. The first
    observation comes after the claim, so a quiet period after it no request of the attempt is under way any more.

    :param observations: in their order; the last one is the present.
    :param expected: how much the write was to make; ``None`` if nobody knows.
    :returns: :attr:`Verdict.WAIT` until the observations agree or the time is over.
    """
    last = observations[-1]
    if last.named and last.found == expected:
        return Verdict.FOUND
    undecided = Verdict.AMBIGUOUS if last.at - observations[0].at > reconcile_timeout else Verdict.WAIT
    unchanged_since = last.at
    for observation in reversed(observations):
        if (observation.found, observation.exhaustive) != (last.found, last.exhaustive):
            break
        unchanged_since = observation.at
    if last.at - unchanged_since - RESOLUTION < quiet_period:
        return undecided
    if not last.exhaustive:  # messages that wait cannot be distinguished; those that have left can, by their tag
        return undecided
    if last.found == expected:
        return Verdict.FOUND
    if last.found == 0:
        return undecided if last.credits_missing else Verdict.ABSENT
    if expected is None or last.found > expected:
        return Verdict.AMBIGUOUS
    return Verdict.PARTIAL
