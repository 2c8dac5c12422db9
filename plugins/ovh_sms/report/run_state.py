"""The state of a run, derived from the states of its batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ovh_sms.report.batch_state import MOVING, SENT, BatchState, BatchStatus, batch_pace, batch_status
from ovh_sms.store.campaign_approvals import REFUSED, TIMED_OUT
from ovh_sms.store.run_results import BatchResults, RunResults


class RunState(StrEnum):
    """State of a run, those first on which a person must act."""

    UNKNOWN = "unknown"
    TROUBLED = "troubled"  # sent, and something is wrong with it
    ON_HOLD = "on_hold"  # waits for a person, as too many people answered STOP
    AWAITING_APPROVAL = "awaiting_approval"  # of a person, before anything is uploaded
    BLOCKED = "blocked"
    IN_PART = "in_part"
    UNCOLLECTED = "uncollected"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DROPPED = "dropped"  # sent in part, as a person decided
    NOT_APPROVED = "not_approved"  # a person has refused it, or nobody answered in time
    EMPTY = "empty"
    PREPARING = "preparing"
    AWAITING_CREDITS = "awaiting_credits"
    WAITING = "waiting"
    AWAITING_PILOT = "awaiting_pilot"
    SUBMITTING = "submitting"
    HELD = "held"
    LEAVING = "leaving"
    AWAITED = "awaited"
    FINAL = "final"
    PROVISIONAL = "provisional"


#: States in which a run changes by itself.
UNDER_WAY = frozenset(
    {
        *(RunState.PREPARING, RunState.AWAITING_CREDITS, RunState.WAITING, RunState.SUBMITTING, RunState.HELD),
        *(RunState.AWAITING_PILOT, RunState.LEAVING, RunState.AWAITED, RunState.CANCELLING),
    }
)
#: The state of a run whose batches are all at OVH, by that of the batch that is least far.
_OF_BATCHES = (BatchState.LEAVING, BatchState.HELD, BatchState.AWAITED, BatchState.UNCOLLECTED, BatchState.PROVISIONAL)


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """One run with its state, its batches and its counts, each with its whole.

    :param batches_planned: batches of the whole list; ``None`` until it is prepared.
    :param receivers: rows of the prepared list: people who should get the message.
    :param sent: messages that OVH took and that were not withdrawn, of ``batches_sent`` batches.
    :param to_come: receivers of batches that a task still works on.
    :param not_written: receivers of batches that are not sent.
    :param unknown: receivers of batches whose outcome is unknown.
    :param surplus: messages that OVH made beyond its answers.
    :param credits_spent: credits that OVH took and did not refund, of the batches with ``credits_known``.
    :param credits_known: batches whose credits are on record.
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
    to_come: int
    not_written: int
    unknown: int
    refused: int
    withdrawn: int
    left: int
    final: int
    delivered: int
    failed: int
    expired: int
    surplus: int
    opt_outs: int
    credits_estimated: float | None
    credits_spent: float
    credits_known: int
    sent_at: datetime | None
    opens_at: datetime | None
    awaited_until: datetime | None
    counted_at: datetime | None
    pace: float | None

    @property
    def rejected(self) -> int:
        """Rows that were left out before OVH."""
        return sum(self.results.record.rejected.values())

    @property
    def is_under_way(self) -> bool:
        """Whether the run changes by itself, or messages of it may still leave."""
        return self.state in UNDER_WAY or (self.still_waiting > 0 and self.state is not RunState.UNCOLLECTED)

    @property
    def still_waiting(self) -> int:
        """Messages at OVH that have not left."""
        return self.sent - self.left


def run_status(results: RunResults, now: datetime, *, has_ended: bool = False) -> RunStatus:
    """Derive the state of a run.

    :param now: aware.
    :param has_ended: Airflow runs no task of it any more: what no task has finished is not sent.
    """
    batches = tuple(batch_status(each, results, now, has_ended=has_ended) for each in results.batches)
    sent = [each for each in batches if each.state in SENT]
    every = [each.results for each in batches]
    known = [each for each in every if each.credits_spent is not None]

    def receivers(*states: BatchState) -> int:
        return sum(each.receivers for each in batches if each.state in states)

    return RunStatus(
        results=results,
        state=_run_state(results, batches, has_ended=has_ended),
        batches=batches,
        batches_planned=results.record.batches,
        batches_sent=len(sent),
        receivers=results.record.accepted or 0,
        sent=sum(each.sent for each in sent),
        to_come=receivers(*MOVING, BatchState.ON_HOLD),
        not_written=receivers(BatchState.FAILED, BatchState.CANCELLED, BatchState.DROPPED),
        unknown=receivers(BatchState.UNKNOWN),
        refused=sum(each.refused or 0 for each in every),
        withdrawn=sum(each.withdrawn for each in every),
        left=sum(each.left for each in sent),
        final=sum(each.final for each in sent),
        delivered=sum(each.delivered for each in sent),
        failed=sum(each.failed for each in sent),
        expired=sum(each.expired for each in sent),
        surplus=sum(each.surplus for each in sent),
        opt_outs=sum(each.opt_outs for each in every),
        credits_estimated=results.record.credits_estimated,
        credits_spent=sum((each.credits_spent or 0.0) - each.refunded for each in known),
        credits_known=len(known),
        sent_at=min((each.sent_at for each in every if each.sent_at), default=None),
        opens_at=min((each.opens_at for each in batches if each.opens_at), default=None),
        awaited_until=max((each.awaited_until for each in every if each.awaited_until), default=None),
        counted_at=max(_counted(every), default=None),
        pace=sum(filter(None, (batch_pace(each.polls) for each in every))) or None,
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
    if any(each.trouble or each.surplus for each in batches):
        return RunState.TROUBLED
    if results.cancelled_at is not None:
        may_leave = any(each.left < each.sent and each.state is not BatchState.UNCOLLECTED for each in batches)
        return RunState.CANCELLING if may_leave else RunState.CANCELLED
    if states == {BatchState.EMPTY}:
        return RunState.EMPTY
    states.discard(BatchState.EMPTY)
    if BatchState.ON_HOLD in states:
        return RunState.ON_HOLD
    if not states & SENT and (found := _unsent_state(results, states, has_ended=has_ended)):
        return found
    if states & MOVING:
        return _moving_state(states & MOVING)
    if BatchState.FAILED in states:
        return RunState.IN_PART
    if BatchState.DROPPED in states:
        return RunState.DROPPED
    return next((RunState(state.value) for state in _OF_BATCHES if state in states), RunState.FINAL)


def _moving_state(states: set[BatchState]) -> RunState:
    """The state of a run by those of its batches that a task still works on."""
    if states == {BatchState.AWAITING_PILOT}:
        return RunState.AWAITING_PILOT
    return RunState.WAITING if states <= {BatchState.WAITING, BatchState.AWAITING_PILOT} else RunState.SUBMITTING


def _unsent_state(results: RunResults, states: set[BatchState], *, has_ended: bool) -> RunState | None:
    """The state of a run that has nothing at OVH; ``None`` if its batches show it."""
    problem = results.record.problem
    if problem is not None and problem.is_skipped:
        return RunState.EMPTY
    approval = results.approval
    failed = problem is not None and not problem.is_tried_again
    if approval is not None and approval.decision in (REFUSED, TIMED_OUT) and not failed:
        return RunState.NOT_APPROVED
    if has_ended or failed or states == {BatchState.FAILED}:
        return RunState.BLOCKED
    if approval is not None and approval.asked_at is not None and approval.decision is None:
        return RunState.AWAITING_APPROVAL
    if results.awaited_credits is not None:
        return RunState.AWAITING_CREDITS
    is_unchecked = results.record.checked_at is None and results.record.folder is not None
    if not states or (states <= {BatchState.PREPARED, BatchState.AWAITING_PILOT} and is_unchecked):
        return RunState.PREPARING
    return None
