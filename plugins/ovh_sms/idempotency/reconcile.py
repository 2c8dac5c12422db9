"""What several looks at OVH say about a write whose answer was lost. Pure: no call, no Airflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a write without an answer."""

    WAIT = "look again"
    FOUND = "whole"
    ABSENT = "nothing"
    PARTIAL = "part"
    AMBIGUOUS = "unclear"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What OVH shows at one moment.

    :param at: the moment, aware.
    :param found: how much of the write OVH shows: messages, or orders.
    :param complete: whether all that OVH holds could be looked through.
    :param blind: whether messages of it may be there unseen, so that a person cannot decide to send either.
    :param taken: whether credits are gone as if OVH had executed more than it shows.
    """

    at: datetime
    found: int
    complete: bool = True
    blind: bool = False
    taken: bool = False


def decide(
    looks: Sequence[Observation],
    *,
    expected: int | None,
    since: datetime,
    quiet_period: timedelta,
    reconcile_timeout: timedelta,
) -> Verdict:
    """Say what became of the write, once two looks far enough apart agree.

    OVH may list late, so what is not there yet proves nothing: only what has stayed the same for a while counts.

    :param looks: in their order; the last one is the present.
    :param expected: how much the write was to make; ``None`` where nobody knows.
    :param since: when the write was about to be made, aware.
    :param quiet_period: how long nothing may have changed.
    :param reconcile_timeout: how long it may take to settle.
    :returns: :attr:`Verdict.WAIT` until it is clear or given up.
    """
    last = looks[-1]
    since = min(since, looks[0].at)  # a worker whose clock was ahead must not make the others wait for it
    over = last.at - max(looks[0].at, since) > reconcile_timeout
    same_since = last.at
    for look in reversed(looks):
        if (look.found, look.complete) != (last.found, last.complete):
            break
        same_since = look.at
    settled = last.at - max(same_since, since) >= quiet_period
    if not settled:
        return Verdict.AMBIGUOUS if over else Verdict.WAIT
    if not last.complete:  # messages that wait cannot be told apart; those that have left can, by their tag
        return Verdict.AMBIGUOUS if over else Verdict.WAIT
    if last.found == expected:
        return Verdict.FOUND
    if last.found == 0:
        if not last.taken:
            return Verdict.ABSENT
        return Verdict.AMBIGUOUS if over else Verdict.WAIT
    if expected is None or last.found > expected:
        return Verdict.AMBIGUOUS
    return Verdict.PARTIAL
