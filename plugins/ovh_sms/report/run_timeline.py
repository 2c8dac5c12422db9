"""A run in time: its steps with their moments, and the counts of its messages as a curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ovh_sms.report.batch_state import SENT
from ovh_sms.report.language import Translator
from ovh_sms.report.run_state import RunStatus
from ovh_sms.store.campaign_approvals import APPROVED, REFUSED, TIMED_OUT
from ovh_sms.store.run_records import Poll

#: Points of a curve that are shown as a table.
TABLE_POINTS = 12


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a run.

    :param at: when it was done first; ``until``: when last, for steps of several batches.
    :param note: how many of how many, if it is not done for all.
    """

    name: str
    at: datetime
    until: datetime | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The messages of all batches of a run at one moment."""

    at: datetime
    left: int
    final: int
    delivered: int


def run_steps(status: RunStatus, say: Translator) -> list[Step]:
    """List the steps that a run has taken, the first one first."""
    record, batches = status.results.record, status.batches
    several = len(batches) > 1
    uploaded = [each.results.record.uploaded_at for each in batches if each.results.record.uploaded_at]
    sent = [each.results.sent_at for each in batches if each.results.sent_at and each.state in SENT]
    collected = [each.results.collected_at for each in batches if each.results.collected_at]
    found = [
        _step(say("Planned"), [record.planned_at]),
        _step(say("Started"), [record.started_at]),
        _step(say("Contact list prepared"), [record.prepared_at]),
        _step(say("Checks passed"), [record.checked_at]),
        *_approval(status, say),
        _step(say("Uploaded"), uploaded, _of(uploaded, batches, say) if several else ""),
        _step(say("Accepted by OVH"), sent, _of(sent, batches, say) if several else ""),
        _step(say("Delivery receipts collected"), collected, _of(collected, batches, say) if several else ""),
        _step(say("Cancelled"), [status.results.cancelled_at]),
    ]
    return sorted((each for each in found if each is not None), key=lambda each: each.at)


def _approval(status: RunStatus, say: Translator) -> list[Step | None]:
    """The question to a person, and the answer."""
    found = status.results.approval
    if found is None:
        return []
    names = {APPROVED: say("Approved"), REFUSED: say("Not approved"), TIMED_OUT: say("Nobody has answered in time")}
    answered = _step(names.get(found.decision or "", ""), [found.decided_at], found.decided_by or "")
    return [_step(say("Approval asked for"), [found.asked_at]), answered]


def _step(name: str, moments: Sequence[datetime | None], note: str = "") -> Step | None:
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    first, last = min(known), max(known)
    return Step(name=name, at=first, until=None if first == last else last, note=note)


def _of(done: Sequence[datetime], whole: Sequence[object], say: Translator) -> str:
    return say("{n} of {of} batches", n=len(done), of=len(whole))


def run_curve(polls: Mapping[str, Sequence[Poll]]) -> list[CurvePoint]:
    """Add the counts of all batches of a run up, at each moment at which one was counted.

    :param polls: counts by tag, the earliest first.
    """
    latest: dict[str, Poll] = {}
    found = []
    for poll in sorted((each for several in polls.values() for each in several), key=lambda each: each.at):
        latest[poll.tag] = poll
        now = latest.values()
        found.append(
            CurvePoint(
                at=poll.at,
                left=sum(each.listed for each in now),
                final=sum(each.final for each in now),
                delivered=sum(each.delivered for each in now),
            )
        )
    return found


def thinned(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Leave some points of a curve for a table, the first and the last one among them."""
    if len(points) <= TABLE_POINTS:
        return list(points)
    last = len(points) - 1
    return [points[round(place * last / (TABLE_POINTS - 1))] for place in range(TABLE_POINTS)]


def polyline(points: Sequence[CurvePoint], name: str, whole: int) -> str:
    """Write a curve as the points of an SVG that is 100 wide and 40 high, in steps.

    :param name: ``left``, ``final`` or ``delivered``.
    :param whole: messages at its full height.
    """
    begin, length = points[0].at, (points[-1].at - points[0].at).total_seconds() or 1.0
    written: list[str] = []
    height = 40.0
    for point in points:
        across = 100 * (point.at - begin).total_seconds() / length
        written.append(f"{across:.2f},{height:.2f}")
        height = 40 - 40 * getattr(point, name) / max(1, whole)
        written.append(f"{across:.2f},{height:.2f}")
    return " ".join(_without_repeats(written))


def _without_repeats(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
