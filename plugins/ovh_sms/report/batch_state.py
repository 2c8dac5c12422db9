"""The state of one batch of a run, and its counts, derived from what the results know at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ovh_sms.messaging.sending_window import SendingWindow
from ovh_sms.store.held_runs import DROP
from ovh_sms.store.models import PENDING, PROVISIONAL_FOR, SUCCEEDED, UNKNOWN
from ovh_sms.store.run_records import Poll, Problem
from ovh_sms.store.run_results import BatchResults, RunResults

#: Two counts further apart show no pace: unchanged counts between them are not kept.
LONGEST_GAP = timedelta(minutes=15)


class BatchState(StrEnum):
    """State of one batch."""

    PREPARED = "prepared"
    WAITING = "waiting"  # for its hours
    AWAITING_PILOT = "awaiting_pilot"  # which is sent, or is to be, before it
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    HELD = "held"  # by OVH
    LEAVING = "leaving"
    AWAITED = "awaited"  # its delivery receipts
    UNCOLLECTED = "uncollected"  # the wait for them is over, and they were not collected
    FINAL = "final"
    PROVISIONAL = "provisional"  # collected, and some messages may still change
    FAILED = "failed"
    CANCELLED = "cancelled"
    EMPTY = "empty"  # everybody in it has opted out since it was prepared
    ON_HOLD = "on_hold"  # for a person, as too many people answered STOP to an earlier batch
    DROPPED = "dropped"  # a person has decided so


#: Batches that OVH has taken.
SENT = frozenset(
    {
        *(BatchState.HELD, BatchState.LEAVING, BatchState.AWAITED),
        *(BatchState.UNCOLLECTED, BatchState.FINAL, BatchState.PROVISIONAL),
    }
)
#: Batches that a task still works on.
MOVING = frozenset(
    {
        *(BatchState.PREPARED, BatchState.WAITING, BatchState.AWAITING_PILOT),
        *(BatchState.UPLOADED, BatchState.SUBMITTING),
    }
)


@dataclass(frozen=True, kw_only=True)
class BatchStatus:
    """One batch with its state and counts.

    :param sent: messages that OVH took and that were not withdrawn; 0 unless it is in :data:`SENT`.
    :param left: those of them that have left; ``final`` of these are final.
    :param surplus: messages that OVH made beyond its answer, which are not in the other counts.
    :param opens_at: when OVH lets it leave, if it is held.
    """

    results: BatchResults
    state: BatchState
    sent: int = 0
    left: int = 0
    final: int = 0
    delivered: int = 0
    failed: int = 0
    expired: int = 0
    surplus: int = 0
    opens_at: datetime | None = None

    @property
    def receivers(self) -> int:
        """Rows of the prepared list in it."""
        return self.results.record.receivers

    @property
    def trouble(self) -> Problem | None:
        """The problem of a batch that was sent, and on which a person must act."""
        problem = self.results.record.problem
        return problem if self.state in SENT and problem is not None and not problem.is_tried_again else None


def batch_status(it: BatchResults, run: RunResults, now: datetime, *, has_ended: bool) -> BatchStatus:
    """Derive the state of one batch.

    :param has_ended: Airflow runs no task of the run any more.
    """
    if it.submitted is not None or it.state == SUCCEEDED:
        return _sent_status(it, run, now)
    return BatchStatus(results=it, state=_unsent_state(it, run, now, has_ended=has_ended))


def _unsent_state(it: BatchResults, run: RunResults, now: datetime, *, has_ended: bool) -> BatchState:
    if it.state == UNKNOWN:
        return BatchState.UNKNOWN
    if it.state == PENDING:
        # A task that was killed leaves it so, and a cancelled run reconciles nothing: it may be at OVH.
        return BatchState.UNKNOWN if has_ended or run.cancelled_at is not None else BatchState.SUBMITTING
    if it.record.opted_out and not it.record.receivers:
        return BatchState.EMPTY
    if run.cancelled_at is not None:
        return BatchState.CANCELLED
    if run.held is not None and run.held.decision == DROP:
        return BatchState.DROPPED
    problems = (it.record.problem, run.record.problem)
    if has_ended or any(each is not None and not each.is_tried_again for each in problems):
        return BatchState.FAILED
    held = run.held if run.held is not None and run.held.decision is None else None
    if held is not None and (it.record.held_at is not None or held.pilot_sent is not None):
        return BatchState.ON_HOLD
    if _awaits_pilot(it, run):  # also when its task asks again
        return BatchState.AWAITING_PILOT
    if it.record.waits_until is not None and it.record.waits_until > now:
        return BatchState.WAITING
    return BatchState.UPLOADED if it.record.uploaded_at else BatchState.PREPARED


def _awaits_pilot(it: BatchResults, run: RunResults) -> bool:
    """Whether the pilot of its run has not passed, and no person had the rest sent."""
    pilot = run.pilot
    return pilot is not None and pilot.passed_at is None and run.held is None and it.record.batch > pilot.batches


def _sent_status(it: BatchResults, run: RunResults, now: datetime) -> BatchStatus:
    """The status of a batch that OVH took: as collected, else as last counted."""
    if it.collected_at is not None:
        return collected_status(it)
    accounted, sent = _accounted(it)
    poll = it.polls[-1] if it.polls else None
    left, final = (min(sent, poll.listed), min(sent, poll.final)) if poll else (0, 0)
    opens_at = _opens_at(it, run, now) if sent and not left else None
    return BatchStatus(
        results=it,
        state=_waiting_state(it, now, sent=sent, left=left, final=final, is_held=opens_at is not None),
        sent=sent,
        left=left,
        final=final,
        delivered=min(final, poll.delivered) if poll else 0,
        surplus=max(0, poll.listed - accounted) if poll else 0,
        opens_at=opens_at,
    )


def _waiting_state(it: BatchResults, now: datetime, *, sent: int, left: int, final: int, is_held: bool) -> BatchState:
    if it.awaited_until is not None and now > it.awaited_until + LONGEST_GAP and sent:
        return BatchState.UNCOLLECTED
    if is_held:
        return BatchState.HELD
    if left < sent:
        return BatchState.LEAVING
    return BatchState.AWAITED if final < sent else BatchState.FINAL


def _accounted(it: BatchResults) -> tuple[int, int]:
    """Count the messages that OVH took, and those of them that were not withdrawn."""
    accounted = max(it.record.receivers if it.submitted is None else it.submitted, it.messages or 0)
    return accounted, max(0, accounted - it.withdrawn)


def collected_status(it: BatchResults) -> BatchStatus:
    """Derive the state of a batch whose delivery receipts were collected."""
    accounted, sent = _accounted(it)
    counts = [min(sent, each or 0) for each in (it.delivered, it.failed, it.expired)]
    delivered, failed, expired = counts
    is_over = it.complete or (it.sent_at is not None and it.collected_at >= it.sent_at + PROVISIONAL_FOR)  # type: ignore[operator]
    return BatchStatus(
        results=it,
        state=BatchState.FINAL if is_over else BatchState.PROVISIONAL,
        sent=sent,
        left=sent,
        final=sent if it.complete else min(sent, sum(counts)),
        delivered=delivered,
        failed=failed,
        expired=expired,
        surplus=max(0, (it.counted or 0) - accounted),
    )


def _opens_at(it: BatchResults, run: RunResults, now: datetime) -> datetime | None:
    """When OVH lets advertising leave that it holds; ``None`` if it holds nothing now."""
    if not (run.record.marketing and run.record.sender and it.sent_at):
        return None
    opens = SendingWindow().opens_at(it.sent_at)
    return opens if opens > it.sent_at and opens > now else None


def batch_pace(polls: Sequence[Poll]) -> float | None:
    """Messages that leave in a second, by the last two counts that differ; ``None`` if they show none."""
    for earlier, later in zip(polls[-2::-1], polls[:0:-1], strict=True):
        gap = later.at - earlier.at
        if later.listed > earlier.listed:
            return (later.listed - earlier.listed) / gap.total_seconds() if timedelta(0) < gap < LONGEST_GAP else None
    return None
