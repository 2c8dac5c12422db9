"""Messages that have not left yet and leave at a known time: held by OVH, or of batches that wait for their hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ovh_sms.report.batch_state import BatchState, BatchStatus
from ovh_sms.report.run_state import RunStatus


@dataclass(frozen=True, kw_only=True)
class ComingBatches:
    """Batches of one run that leave at one time.

    :param at: when, aware.
    :param credits: those that OVH has charged, or that they will cost; ``None`` if not known.
    :param is_charged: OVH has taken the batches and holds them.
    :param later: further batches of a run with a pace, which leave after these.
    """

    run: RunStatus
    at: datetime
    people: int
    credits: float | None
    is_charged: bool
    later: int = 0


def coming_batches(runs: Iterable[RunStatus]) -> list[ComingBatches]:
    """List the batches of some runs that leave at a known time, the earliest first; of a run with a pace the next."""
    found = []
    for run in runs:
        times: dict[tuple[datetime, bool], list[BatchStatus]] = {}
        for each in run.batches:
            if each.opens_at is not None and each.state is BatchState.HELD:
                times.setdefault((each.opens_at, True), []).append(each)
            elif each.results.record.waits_until is not None and each.state is BatchState.WAITING:
                times.setdefault((each.results.record.waits_until, False), []).append(each)
        own = [_coming(run, at, several, is_charged) for (at, is_charged), several in times.items()]
        found += _next_of(own) if run.results.paced is not None else own
    return sorted(found, key=lambda each: each.at)


def _next_of(coming: list[ComingBatches]) -> list[ComingBatches]:
    """Of batches that wait for their places in a pace the next ones, with the number of the others."""
    waiting = sorted((each for each in coming if not each.is_charged), key=lambda each: each.at)
    first = [replace(each, later=len(waiting) - 1) for each in waiting[:1]]
    return [each for each in coming if each.is_charged] + first


def _coming(run: RunStatus, at: datetime, batches: Sequence[BatchStatus], is_charged: bool) -> ComingBatches:
    people = sum(each.sent if is_charged else each.receivers for each in batches)
    costs = [each.results.credits_spent if is_charged else each.results.record.credits for each in batches]
    known = None if None in costs else sum(each or 0.0 for each in costs)
    if known is not None and is_charged:
        known -= sum(each.results.refunded for each in batches)
    return ComingBatches(run=run, at=at, people=people, credits=known, is_charged=is_charged)
