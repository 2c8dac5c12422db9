"""What several looks at OVH say about a write whose answer was lost. Pure: no call, no Airflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a write without an answer."""

    LOOK_AGAIN = "look again"
    WHOLE = "whole"
    NOTHING = "nothing"
    PART = "part"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True)
class Look:
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


def judge(
    looks: Sequence[Look], *, expected: int | None, since: datetime, settling: timedelta, give_up: timedelta
) -> Verdict:
    """Say what became of the write, once two looks far enough apart agree.

    OVH may list late, so what is not there yet proves nothing: only what has stayed the same for a while counts.

    :param looks: in their order; the last one is the present.
    :param expected: how much the write was to make; ``None`` where nobody knows.
    :param since: when the write was about to be made, aware.
    :param settling: how long nothing may have changed.
    :param give_up: how long it may take to settle.
    :returns: :attr:`Verdict.LOOK_AGAIN` until it is clear or given up.
    """
    last = looks[-1]
    since = min(since, looks[0].at)  # a worker whose clock was ahead must not make the others wait for it
    over = last.at - max(looks[0].at, since) > give_up
    same_since = last.at
    for look in reversed(looks):
        if (look.found, look.complete) != (last.found, last.complete):
            break
        same_since = look.at
    settled = last.at - max(same_since, since) >= settling
    if not settled:
        return Verdict.UNCLEAR if over else Verdict.LOOK_AGAIN
    if not last.complete:  # messages that wait cannot be told apart; those that have left can, by their tag
        return Verdict.UNCLEAR if over else Verdict.LOOK_AGAIN
    if last.found == expected:
        return Verdict.WHOLE
    if last.found == 0:
        if not last.taken:
            return Verdict.NOTHING
        return Verdict.UNCLEAR if over else Verdict.LOOK_AGAIN
    if expected is None or last.found > expected:
        return Verdict.UNCLEAR
    return Verdict.PART
