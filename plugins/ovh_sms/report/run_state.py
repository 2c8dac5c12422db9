"""The state of a run and of each of its batches, derived from what the results know at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ovh_sms.messaging.sending_window import SendingWindow
from ovh_sms.store.models import PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.run_records import Poll
from ovh_sms.store.run_results import BatchResults, RunResults

#: Figures change until then: a phone that is off may still get the message.
PROVISIONAL_FOR = timedelta(hours=72)


class BatchState(StrEnum):
    """State of one batch."""

    PREPARED = "prepared"
    WAITING = "waiting"  # for its hours
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    HELD = "held"  # by OVH
    LEAVING = "leaving"
    AWAITED = "awaited"  # its delivery receipts
    FINAL = "final"
    PROVISIONAL = "provisional"  # the wait is over, not every message is final
    FAILED = "failed"
    CANCELLED = "cancelled"


#: Batches that OVH has taken.
SENT = frozenset({BatchState.HELD, BatchState.LEAVING, BatchState.AWAITED, BatchState.FINAL, BatchState.PROVISIONAL})
#: Batches that a task still works on.
MOVING = frozenset({BatchState.PREPARED, BatchState.WAITING, BatchState.UPLOADED, BatchState.SUBMITTING})


class RunState(StrEnum):
    """State of a run, those first on which a person must act."""

    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    IN_PART = "in_part"
    CANCELLED = "cancelled"
    EMPTY = "empty"
    PREPARING = "preparing"
    WAITING = "waiting"
    SUBMITTING = "submitting"
    HELD = "held"
    LEAVING = "leaving"
    AWAITED = "awaited"
    FINAL = "final"
    PROVISIONAL = "provisional"


#: States in which a run changes by itself.
UNDER_WAY = frozenset(
    {RunState.PREPARING, RunState.WAITING, RunState.SUBMITTING, RunState.HELD, RunState.LEAVING, RunState.AWAITED}
)


@dataclass(frozen=True, kw_only=True)
class BatchStatus:
    """One batch with its state and counts; ``sent == left + held`` and ``left == final + awaited``.

    :param sent: messages that OVH took and that were not withdrawn; 0 unless it is in :data:`SENT`.
    :param left: messages that have left.
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
    opens_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """One run with its state, its batches and its counts, each with its whole.

    :param batches_planned: batches of the whole list; ``None`` until it is prepared.
    :param receivers: rows of the prepared list: people who should get the message.
    :param sent: messages that OVH took and that were not withdrawn, of ``batches_sent`` batches.
    :param not_written: receivers of batches that were not sent.
    :param unknown: receivers of batches whose outcome is unknown.
    :param credits_spent: credits that OVH took and did not refund, of the batches sent.
    :param counted_at: when the messages were last counted at OVH.
    :param pace: messages that leave in a second, as the last counts show; ``None`` if they do not.
    """

    results: RunResults
    state: RunState
    batches: tuple[BatchStatus, ...]
    batches_planned: int | None
    batches_sent: int
    receivers: int
    sent: int
    not_written: int
    unknown: int
    refused: int
    withdrawn: int
    left: int
    final: int
    delivered: int
    failed: int
    expired: int
    opt_outs: int
    credits_estimated: float | None
    credits_spent: float
    sent_at: datetime | None
    opens_at: datetime | None
    counted_at: datetime | None
    pace: float | None

    @property
    def rejected(self) -> int:
        """Rows that were left out before OVH."""
        return sum(self.results.record.rejected.values())

    @property
    def is_under_way(self) -> bool:
        """Whether the run changes by itself."""
        return self.state in UNDER_WAY


def run_status(results: RunResults, now: datetime, *, has_ended: bool = False) -> RunStatus:
    """Derive the state of a run.

    :param now: aware.
    :param has_ended: Airflow runs no task of it any more: what no task has finished is not sent.
    """
    batches = tuple(_batch_status(each, results, now, has_ended=has_ended) for each in results.batches)
    sent = [each for each in batches if each.state in SENT]
    unsent = [each for each in batches if each.state not in SENT | {BatchState.UNKNOWN}]
    every = [each.results for each in batches]
    return RunStatus(
        results=results,
        state=_run_state(results, batches, has_ended=has_ended),
        batches=batches,
        batches_planned=results.record.batches,
        batches_sent=len(sent),
        receivers=results.record.accepted or 0,
        sent=sum(each.sent for each in sent),
        not_written=sum(each.results.record.receivers for each in unsent),
        unknown=sum(each.results.record.receivers for each in batches if each.state is BatchState.UNKNOWN),
        refused=sum(each.refused or 0 for each in every),
        withdrawn=sum(each.withdrawn for each in every),
        left=sum(each.left for each in sent),
        final=sum(each.final for each in sent),
        delivered=sum(each.delivered for each in sent),
        failed=sum(each.failed for each in sent),
        expired=sum(each.expired for each in sent),
        opt_outs=sum(each.opt_outs for each in every),
        credits_estimated=results.record.credits_estimated,
        credits_spent=sum((each.credits_spent or 0.0) - each.refunded for each in every),
        sent_at=min((each.sent_at for each in every if each.sent_at), default=None),
        opens_at=min((each.opens_at for each in batches if each.opens_at), default=None),
        counted_at=max(_counted(every), default=None),
        pace=_pace(every),
    )


def _counted(batches: Iterable[BatchResults]) -> Iterable[datetime]:
    for each in batches:
        if each.polls:
            yield each.polls[-1].at
        if each.collected_at:
            yield each.collected_at


def _run_state(results: RunResults, batches: tuple[BatchStatus, ...], *, has_ended: bool) -> RunState:
    states = {each.state for each in batches}
    if BatchState.UNKNOWN in states:
        return RunState.UNKNOWN
    if results.cancelled_at is not None:
        return RunState.CANCELLED
    if not states & SENT and (found := _unsent_state(results, states, has_ended=has_ended)):
        return found
    if states & MOVING - {BatchState.WAITING}:
        return RunState.SUBMITTING
    for state in (BatchState.WAITING, BatchState.FAILED):
        if state in states:
            return RunState.WAITING if state is BatchState.WAITING else RunState.IN_PART
    for state in (BatchState.LEAVING, BatchState.HELD, BatchState.AWAITED, BatchState.PROVISIONAL):
        if state in states:
            return RunState(state.value)
    return RunState.FINAL


def _unsent_state(results: RunResults, states: set[BatchState], *, has_ended: bool) -> RunState | None:
    """The state of a run that has nothing at OVH; ``None`` if its batches show it."""
    problem = results.record.problem
    if problem is not None and problem.error == "EmptyList":
        return RunState.EMPTY
    if has_ended or (problem is not None and not problem.is_tried_again) or states == {BatchState.FAILED}:
        return RunState.BLOCKED
    is_unchecked = results.record.checked_at is None and results.record.folder is not None
    if not states or (states == {BatchState.PREPARED} and is_unchecked):
        return RunState.PREPARING
    return None


def _batch_status(it: BatchResults, run: RunResults, now: datetime, *, has_ended: bool) -> BatchStatus:
    if it.submitted is not None or it.state == SUCCEEDED:
        return _sent_status(it, run, now)
    if it.state == UNKNOWN:
        state = BatchState.UNKNOWN
    elif run.cancelled_at is not None:
        state = BatchState.CANCELLED
    elif it.state == PENDING:
        # A task that was killed leaves it so: nobody reconciles it until it is cleared.
        state = BatchState.UNKNOWN if has_ended else BatchState.SUBMITTING
    elif has_ended or (it.record.problem is not None and not it.record.problem.is_tried_again):
        state = BatchState.FAILED
    elif it.record.waits_until is not None and it.record.waits_until > now:
        state = BatchState.WAITING
    else:
        state = BatchState.UPLOADED if it.record.uploaded_at else BatchState.PREPARED
    return BatchStatus(results=it, state=state)


def _sent_status(it: BatchResults, run: RunResults, now: datetime) -> BatchStatus:
    """The status of a batch that OVH took: as collected, else as last counted."""
    taken = it.record.receivers if it.submitted is None else it.submitted
    expected = max(0, max(taken, it.messages or 0) - it.withdrawn)
    if it.collected_at is not None:
        delivered, failed, expired = it.delivered or 0, it.failed or 0, it.expired or 0
        final = expected if it.complete else min(expected, delivered + failed + expired)
        state = BatchState.FINAL if it.complete else BatchState.PROVISIONAL
        return BatchStatus(
            results=it,
            state=state,
            sent=expected,
            left=expected,
            final=final,
            delivered=delivered,
            failed=failed,
            expired=expired,
        )
    poll = it.polls[-1] if it.polls else None
    left, final = (min(expected, poll.listed), min(expected, poll.final)) if poll else (0, 0)
    opens_at = _opens_at(it, run, now) if not left else None
    if opens_at is not None and expected:
        state = BatchState.HELD
    elif left < expected:
        state = BatchState.LEAVING
    else:
        state = BatchState.AWAITED if final < expected else BatchState.FINAL
    return BatchStatus(
        results=it,
        state=state,
        sent=expected,
        left=left,
        final=final,
        delivered=min(final, poll.delivered) if poll else 0,
        opens_at=opens_at,
    )


def _opens_at(it: BatchResults, run: RunResults, now: datetime) -> datetime | None:
    """When OVH lets advertising leave that it holds; ``None`` if it holds nothing now."""
    if not (run.record.marketing and run.record.sender and it.sent_at):
        return None
    window = SendingWindow()
    opens = window.opens_at(it.sent_at)
    return opens if opens > it.sent_at and opens > now else None


def _pace(batches: list[BatchResults]) -> float | None:
    """Messages that leave in a second, of all batches together, by the last two counts of each."""
    found = [each for each in (_batch_pace(it.polls) for it in batches) if each]
    return sum(found) or None


def _batch_pace(polls: Sequence[Poll]) -> float | None:
    for earlier, later in zip(polls[-2::-1], polls[:0:-1], strict=True):
        seconds = (later.at - earlier.at).total_seconds()
        if later.listed > earlier.listed and seconds > 0:
            return (later.listed - earlier.listed) / seconds
    return None
