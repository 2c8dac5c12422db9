"""Holds the batches of a run for a person, if too many people answered STOP to those that were sent before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.errors import ScheduleTooOld
from ovh_sms.idempotency.remote_write import NothingToMake, WriteWait
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.store.held_runs import DROP, SEND
from ovh_sms.store.stop_rate import StopRate, stop_rate

if TYPE_CHECKING:
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.store.held_runs import HeldRun
    from ovh_sms.store.store import Store

#: Time between two reads of a person's decision.
POLL_INTERVAL = timedelta(minutes=5)


class HoldWait(WriteWait):
    """A batch waits for a person. In between no process is needed.

    :param wait: time until the decision is read again.
    """

    def __init__(self, held: HeldRun) -> None:
        self.held = held
        self.wait = POLL_INTERVAL
        super().__init__(
            f"The batch waits for a person: {_figures(held)}. Decide with 'ovh-sms held', as the run's page shows."
        )


class BatchDropped(NothingToMake):
    """A person decided that the batches of a held run are not sent. Nothing is claimed or sent."""

    def __init__(self, held: HeldRun) -> None:
        super().__init__(
            f"Nothing was sent: {held.decided_by} decided to leave this batch unsent, as {_figures(held)}."
        )


def check_not_held(store: Store, dag_id: str, run_id: str) -> None:
    """Have a batch of a held run wait before it is uploaded: it would keep a receivers slot from others.

    :raises HoldWait: nobody has decided.
    :raises BatchDropped: a person decided that it is not sent.
    :raises RunCancelled: it waits for nobody, as its run was cancelled.
    """
    held = store.held_runs.of(dag_id, run_id)
    if held is not None and held.decision == DROP:
        raise BatchDropped(held)
    if held is not None and held.decision is None:
        store.cancelled_runs.refuse(dag_id, run_id)  # nobody need decide about it any more
        raise HoldWait(held)


@dataclass(frozen=True, kw_only=True)
class StopHold:
    """The hold of one batch.

    :param threshold: STOPs for 1,000 delivered messages that the campaign allows; ``None`` for any number.
    """

    store: Store
    dag_id: str
    run_id: str
    tag: str
    threshold: float | None

    @classmethod
    def of(cls, planned: PlannedSubmission, store: Store) -> StopHold:
        """Return the hold of a batch that is about to be submitted."""
        plan = planned.plan
        return cls(
            store=store, dag_id=plan.dag_id, run_id=plan.run_id, tag=plan.tag, threshold=plan.collect.stop_threshold
        )

    def check(self, *, until: datetime | None = None) -> None:
        """Have the batch wait for a person, if its run is held, or the STOPs of earlier batches pass the threshold.

        A run that is held stays so until a person decides, even if the campaign has lost its threshold since.

        :param until: before which the batch would not leave anyway, as its hours have not started.
        :raises HoldWait: nobody has decided.
        :raises BatchDropped: a person decided that it is not sent.
        :raises RunCancelled: it waits for nobody, as its run was cancelled.
        """
        held = self.store.held_runs.of(self.dag_id, self.run_id) or self._hold()
        if held is None:
            return
        if held.decision == DROP:
            raise BatchDropped(held)
        if held.decision == SEND:
            self.store.runs.held(self.tag, None)
            return
        self.store.cancelled_runs.refuse(self.dag_id, self.run_id)
        self.store.runs.held(self.tag, self.store.clock.now(), until=until)
        raise HoldWait(held)

    def needs_opt_outs(self) -> bool:
        """Whether STOPs to earlier batches may hold this one; a run that is held, or was, is not held a second time."""
        if self.threshold is None or self.store.held_runs.of(self.dag_id, self.run_id) is not None:
            return False
        return bool(self.rate().reached)

    def late(self, error: ScheduleTooOld) -> ScheduleTooOld:
        """Add to the error of a batch that is too late that it was held until then."""
        held = self.store.held_runs.of(self.dag_id, self.run_id)
        if held is None:
            return error
        since = f"{held.held_at.astimezone(ZoneInfo(PARIS)):%a %d %b %Y %H:%M} in Paris"
        decided = f"{held.decided_by} let it go on too late" if held.decision == SEND else "nobody has decided"
        return ScheduleTooOld(
            f"{error.what} It was held for a person since {since}, and {decided}: {_figures(held)}.",
            action=error.action,
        )

    def rate(self) -> StopRate:
        """Return the STOPs of the run's batches so far, of the people reached."""
        results = self.store.run_results.of_run(self.dag_id, self.run_id)
        return stop_rate(batch for each in results for batch in each.batches)

    def _hold(self) -> HeldRun | None:
        rate = self.rate() if self.threshold is not None else StopRate(0, 0)
        if self.threshold is None or not rate.is_over(self.threshold):
            return None
        return self.store.held_runs.hold(self.dag_id, self.run_id, rate, self.threshold)


def _figures(held: HeldRun) -> str:
    if held.pilot_sent == 0:
        return "nothing of the pilot was sent: its tasks ended without that, or everybody in it had opted out"
    if held.pilot_sent is not None and not held.rate.is_over(held.threshold):
        return (
            f"{held.rate.reached:,} of {held.pilot_sent:,} messages of the pilot were delivered; 'min_delivered' is "
            f"{held.min_delivered:g} %"
        )
    if held.pilot_sent is not None:
        return (
            f"{held.rate.opt_outs:,} of {held.rate.reached:,} people whom the pilot reached answered STOP, "
            f"{held.rate.per_thousand or 0:,.4g} for 1,000; 'max_stop_rate' is {held.threshold:,.12g}"
        )
    rate = held.rate.per_thousand or 0
    return (
        f"{held.rate.opt_outs:,} of {held.rate.reached:,} people reached answered STOP to earlier batches, {rate:,.4g} "
        f"for 1,000; 'stop_threshold' allows {held.threshold:,.12g}"
    )
