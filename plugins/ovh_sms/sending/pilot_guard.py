"""Keeps the rest of a run back until its pilot has been delivered and few have answered STOP."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.sending.batch_of_run import BatchOfRun
from ovh_sms.sending.progress import Awaited, read_progress
from ovh_sms.sending.schedule import HoursWait
from ovh_sms.store.held_runs import DROP, SEND
from ovh_sms.store.models import PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.paced_records import PacedList
from ovh_sms.store.pilots import PilotCounts

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.store.pilots import Pilot
    from ovh_sms.store.run_results import BatchResults
    from ovh_sms.store.store import Store

#: Time between two checks of a batch that waits; between two reads of the pilot by any of them.
POLL_INTERVAL, READ_INTERVAL = timedelta(minutes=5), timedelta(minutes=1)
_SENT = (PENDING, SUCCEEDED, UNKNOWN)


#: Says which of some batches, by their numbers, have no task that will send them.
Ended = Callable[[Collection[int]], Collection[int]]


class Sampled(NamedTuple):
    """The batches of a pilot that no task works on any more; those of people who all opted out are left out."""

    sent: list[BatchResults]
    unsent: list[BatchResults]


class PilotWait(HoursWait):
    """The pilot of the run has not passed yet. In between no process is needed."""

    def __init__(self, pilot: Pilot, now: datetime, batch: Batch) -> None:
        ends = pilot.ends_at
        # Nobody knows when a pilot ends that is not sent: it may wait for its own hours.
        until = ends if ends is not None and ends > now else now + POLL_INTERVAL
        wait = min(POLL_INTERVAL, max(timedelta(seconds=1), until - now))
        super().__init__(until, wait, batch.zones)
        at = f"{until.astimezone(ZoneInfo(PARIS)):%a %d %b %Y %H:%M}"
        decided = f"it is decided until {at} in Paris" if ends is not None else "not all of it is sent"
        self.args = (f"Waiting for the pilot of {pilot.people:,} people: {decided}.",)


@dataclass(frozen=True, kw_only=True)
class PilotGuard(BatchOfRun):
    """The pilot before one batch; one of a run without a pilot waits for none."""

    def needs_reading(self, client: OvhSmsClient) -> bool:
        """Return whether the pilot should be counted at OVH: the batch waits for it, and nobody has just done so."""
        pilot = self._awaited()
        return pilot is not None and (pilot.read_at is None or client.time() - pilot.read_at >= READ_INTERVAL)

    def read(self, client: OvhSmsClient, now: datetime, *, ended: Ended) -> None:
        """Count the pilot at OVH, and have it pass, or the run held.

        Source: GET ``/sms/{serviceName}/outgoing`` with the filters tag and deliveryReceipt.

        :param now: OVH's time, aware.
        :param ended: says which of some batches no task will send any more, unless somebody clears it.
        """
        pilot, batch = self._awaited(), self.batch
        if pilot is None or batch is None:
            return
        counts = _counts(client, self.store, self._sampled(pilot, ended), now)
        paced = PacedList(dag_id=self.dag_id, run_id=self.run_id, digest=batch.run_digest, account=self.account)
        self.store.pilots.settle(paced, counts, now)

    def check(self, now: datetime) -> None:
        """Have the batch wait for the pilot. One that is held for a person waits for them elsewhere.

        :param now: OVH's time, aware.
        :raises PilotWait: it has not passed yet.
        :raises RunCancelled: it waits for nothing, as its run was cancelled.
        :raises ScheduleTooOld: it has passed, and the run is too late by then.
        """
        pilot, batch = self._pilot(), self.batch
        if pilot is None or batch is None:
            return
        held = self.store.held_runs.of(self.dag_id, self.run_id)
        if pilot.passed_at is None and (held is None or held.decision not in (SEND, DROP)):
            self.store.cancelled_runs.refuse(self.dag_id, self.run_id)
            raise PilotWait(pilot, now, batch)
        rest = [each for each in self._batches() if each.record.batch > pilot.batches]
        if any(each.state in _SENT for each in rest):
            return
        # It is refused once: the pilot itself was in time, and its own wait is no delay.
        wait = timedelta(seconds=pilot.limits.wait)
        late = self.schedule.max_lateness
        schedule = replace(self.schedule, max_lateness=late if late == timedelta.max else late + wait)
        with suppress(HoursWait):
            schedule.check(now)

    def _pilot(self) -> Pilot | None:
        """The pilot that the batch comes after."""
        if self.batch is None:
            return None
        pilot = self.store.pilots.of_list(self.dag_id, self.run_id, self.batch.run_digest)
        return pilot if pilot is not None and self.batch.batch > pilot.batches else None

    def _awaited(self) -> Pilot | None:
        pilot = self._pilot()
        if pilot is None or pilot.passed_at is not None:
            return None
        is_over = self.store.cancelled_runs.of(self.dag_id, self.run_id) or self.store.held_runs.of(
            self.dag_id, self.run_id
        )
        return None if is_over else pilot

    def _sampled(self, pilot: Pilot, ended: Ended) -> Sampled | None:
        """The batches of the pilot; ``None`` if a task still works on one of them, or should."""
        open_ = {number for number, each in self._numbered(pilot).items() if not (_is_sent(each) or _is_empty(each))}
        over = set(ended(open_)) if open_ else set()
        if open_ - over:
            return None
        every = self._numbered(pilot)  # read again: a task may have sent its batch, and ended, since
        if len(every) < pilot.batches:
            return None
        sent = [each for each in every.values() if _is_sent(each)]
        return Sampled(sent, [each for each in every.values() if not _is_sent(each) and not _is_empty(each)])

    def _numbered(self, pilot: Pilot) -> dict[int, BatchResults]:
        return {each.record.batch: each for each in self._batches() if each.record.batch <= pilot.batches}

    def _batches(self) -> Iterator[BatchResults]:
        digest = self.batch.run_digest if self.batch else ""
        for run in self.store.run_results.of_run(self.dag_id, self.run_id):
            if run.record.digest == digest:
                yield from run.batches


def _is_sent(batch: BatchResults) -> bool:
    return batch.submitted is not None and batch.sent_at is not None


def _is_empty(batch: BatchResults) -> bool:
    """Whether everybody in it has opted out."""
    return batch.submitted is None and bool(batch.record.opted_out) and not batch.record.receivers


def _left_at(store: Store, batch: BatchResults, now: datetime) -> datetime:
    """When a sent batch left, by OVH's clock: the worker's may be wrong, and an OVH batch leaves after its POST."""
    attempt = store.attempts.live(batch.record.tag or "")
    shown = (attempt.snapshot if attempt else None) or {}
    at = shown.get("leaves_at") or shown.get("ovh_time")
    return datetime.fromisoformat(at) if at else batch.sent_at or now


def _counts(client: OvhSmsClient, store: Store, sampled: Sampled | None, now: datetime) -> PilotCounts | None:
    """Count the messages of a pilot; those of people to whom nothing will be sent count as not delivered."""
    if sampled is None:
        return None
    found = []
    for each in sampled.sent:
        taken = max(0, (each.submitted or 0) - each.withdrawn)
        found.append(read_progress(client, Awaited(each.record.tag or "", taken, accounted=each.messages)))
    unsent = sum(each.record.receivers for each in sampled.unsent) if found else 0
    return PilotCounts(
        sent_at=max((_left_at(store, each, now) for each in sampled.sent), default=now),
        sent=unsent + sum(each.submitted or 0 for each in sampled.sent),
        final=unsent + sum(each.final for each in found),
        delivered=sum(each.delivered for each in found),
        opt_outs=sum(each.opt_outs for each in sampled.sent),
    )
