"""When a batch of a run with a pace may leave: so many messages in an hour at most, also behind an outage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.errors import OutsideHours, ScheduleTooOld
from ovh_sms.messaging.departure_hours import PER_SECOND, UPLOAD_TIME
from ovh_sms.messaging.pace import NAMES, Departure, MessagePace, NoPlace, PacedBatch, Spread
from ovh_sms.messaging.receiver_zones import PARIS, Zones, zones_text
from ovh_sms.sending.batch_of_run import BatchOfRun
from ovh_sms.sending.schedule import HoursWait, no_hours, outside_hours
from ovh_sms.store.models import PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.paced_records import BatchClaim, PacedList, departed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovh_sms.contacts.prepared_list import Batch, PreparedList
    from ovh_sms.messaging.departure_hours import HoursRule, RunHours
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.paced_records import PacedPlace
    from ovh_sms.store.pilots import Pilot
    from ovh_sms.store.store import Store

#: A run is spread over so long a time at most: OVH lists what was sent for as long.
LONGEST_SPREAD = timedelta(days=14)
#: A batch that comes later than this has missed its place, and gets the next free one.
_LATE = timedelta(minutes=2)
#: Batches of a run that wait at OVH at once: it has nine receivers slots for all runs of an account.
_UPLOADED_AHEAD = 3
_MAY_BE_AT_OVH = (PENDING, SUCCEEDED, UNKNOWN)


class PaceWait(HoursWait):
    """The turn of the batch has not come yet. In between no process is needed."""

    def __init__(self, until: datetime, wait: timedelta, pace: MessagePace, zones: Zones) -> None:
        super().__init__(until, wait, zones)
        at = f"{until.astimezone(ZoneInfo(PARIS)):%a %d %b %Y %H:%M}"
        self.args = (f"Waiting until {at} in Paris: the campaign sends {pace_text(pace)}.",)


@dataclass(frozen=True, kw_only=True)
class PacedDeparture(BatchOfRun):
    """The departure of one batch; one of a run without a pace may always leave."""

    @contextmanager
    def counted_first(self, now: datetime) -> Iterator[None]:
        """Have the batch wait for its turn, once a check of its hours is over; if it waits for both, for its turn.

        :param now: OVH's time, aware.
        :raises PaceWait: see :meth:`check`.
        """
        try:
            yield
        except HoursWait:
            self.check(now)
            raise
        self.check(now)

    def check(self, now: datetime, *, is_upload: bool = False) -> None:
        """Have the batch wait for its turn.

        :param now: OVH's time, aware.
        :param is_upload: its receivers are to be uploaded, which is done some minutes before.
        :raises PaceWait: nothing needs to be done before.
        :raises ScheduleTooOld: its turn comes after the end of its use.
        :raises OutsideHours: it may leave at no hour of the coming week.
        """
        if self.batch is None:
            return
        planned = self.store.paced_batches.of_list(self.dag_id, self.run_id, self.batch.run_digest)
        own = planned.pop(self.batch.batch, None)
        if own is None or (is_upload and own.left_at is not None and self._may_be_at_ovh(self.batch)):
            return
        at = own.leaves_at if own.leaves_at > now else self._turn(self.batch, own, planned, now)
        if at <= now:
            return
        self._refuse_expired(at)
        gap = own.pace.gap(own.batch.receivers)
        ahead = min(UPLOAD_TIME, _UPLOADED_AHEAD * gap) if is_upload else timedelta(0)
        if at - ahead > now:
            raise PaceWait(at, at - ahead - now, own.pace, self.batch.zones)

    def claim(self, now: datetime) -> BatchClaim | None:
        """Return what the claim of the batch notes; ``None`` if it is of no prepared list.

        :param now: OVH's time, aware.
        """
        it = self.batch
        return None if it is None else BatchClaim(it.run_digest, it.batch, now.astimezone(UTC))

    def _may_be_at_ovh(self, batch: Batch) -> bool:
        """Whether a batch has left, or may have: a task that was cleared waits for no turn, and keeps its place."""
        every = self.store.run_results.of_run(self.dag_id, self.run_id)
        found = [each for run in every if run.record.digest == batch.run_digest for each in run.batches]
        return any(each.record.batch == batch.batch and each.state in _MAY_BE_AT_OVH for each in found)

    def _turn(self, batch: Batch, own: PacedPlace, others: dict[int, PacedPlace], now: datetime) -> datetime:
        """When the batch may leave whose place has come: now, once others have left, or at another place."""
        late = max(_LATE, own.pace.gap(own.batch.receivers) / 2)
        if now - own.leaves_at <= late:
            free = own.pace.free_at(departed(others.values()), own.batch.receivers, now)
            if free - now <= late:
                return free
        hours = self.schedule.hours
        if hours is None:  # a task without hours: the pace alone counts
            return own.pace.free_at(departed(others.values()), own.batch.receivers, now)
        paced = PacedList(dag_id=self.dag_id, run_id=self.run_id, digest=batch.run_digest, account=self.account)
        try:
            return self.store.paced_batches.move(
                paced, own.batch.batch, Spread(pace=own.pace, hours=hours), now, late=now - late
            )
        except NoPlace as none:
            raise no_hours(zones_text(none.zones)) from None

    def _refuse_expired(self, at: datetime) -> None:
        until = self.schedule.valid_until
        if until is not None and at >= until:
            raise ScheduleTooOld(
                f"The turn of the batch comes on {at.astimezone(until.tzinfo):%a %d %b %Y at %H:%M}, and 'valid_until' "
                f"ends the use of its messages on {until:%a %d %b %Y at %H:%M}.",
                action="Nothing was sent. If they should still be sent, change 'valid_until' and start a new run.",
            )


@dataclass(frozen=True, kw_only=True)
class PacePlan:
    """The departures of a prepared list's batches."""

    pace: MessagePace
    batches: Sequence[PacedBatch]
    leaves: dict[int, datetime]

    @property
    def last_at(self) -> datetime | None:
        """When the last batch leaves; ``None`` without any."""
        return max(self.leaves.values(), default=None)

    def first(self) -> dict[str, datetime]:
        """Return when the first messages leave, by time zones as people read them."""
        found: dict[str, datetime] = {}
        for each in self.batches:
            zones, at = zones_text(each.zones), self.leaves[each.batch]
            found[zones] = min(at, found.get(zones, at))
        return found

    @classmethod
    def of(cls, prepared: PreparedList, run: RunHours | None, now: datetime, *, pilot: Pilot | None) -> PacePlan | None:
        """Plan a run that is ready now; ``None`` if it has no pace.

        :param pilot: of its list: the rest leaves once this has passed, at the earliest.
        :raises OutsideHours: a batch may leave at no hour.
        """
        if run is None or run.pace is None:
            return None
        batches = [PacedBatch(each.batch, each.accepted, each.zones) for each in prepared.batches if each.accepted]
        spread, first = Spread(pace=run.pace, hours=run.hours), pilot.batches if pilot else 0
        try:
            leaves = spread.plan([each for each in batches if each.batch <= first], now)
            start = now if pilot is None else max(leaves.values(), default=now) + pilot.shortest_wait
            left = [Departure(leaves[each.batch], each.receivers) for each in batches if each.batch in leaves]
            leaves |= spread.plan([each for each in batches if each.batch > first], start, beside=left)
        except NoPlace as none:
            raise no_hours(zones_text(none.zones)) from None
        return cls(pace=run.pace, batches=batches, leaves=leaves)

    def check(self, prepared: PreparedList, schedule: Schedule, now: datetime) -> None:
        """Refuse a run that cannot leave in the time that its campaign gives it.

        :raises ScheduleTooOld: with figures.
        :raises OutsideHours: it would have to wait for other hours, and its campaign says that it may not.
        """
        if self.last_at is None:
            return
        _refuse_waits(self, schedule.hours, now)
        ends = {each.batch: _end(each, schedule.valid_until) for each in prepared.batches}
        fits = [each for each in self.batches if _is_before(self.leaves[each.batch], each.receivers, ends[each.batch])]
        in_time = [each for each in fits if self.leaves[each.batch] <= now + LONGEST_SPREAD]
        if len(in_time) == len(self.batches):
            return
        what = f"{LONGEST_SPREAD.days} days are the longest time over which a run is spread"
        first = next((ends[each.batch] for each in self.batches if each not in fits), None)
        if first is not None:
            what = f"'valid_until' ends their use on {first.astimezone(ZoneInfo(PARIS)):%a %d %b %Y at %H:%M} in Paris"
        people, left = (sum(each.receivers for each in some) for some in (self.batches, in_time))
        raise ScheduleTooOld(
            f"With {pace_text(self.pace)} the last of {people:,} messages would leave on "
            f"{self.last_at.astimezone(ZoneInfo(PARIS)):%a %d %b %Y at %H:%M} in Paris, and {what}. {left:,} would "
            "leave in time.",
            action="Nothing was sent. Raise 'pace' in the campaign file, shorten the list, or start the run earlier.",
        )


def pace_text(pace: MessagePace) -> str:
    """Write a pace as people do."""
    return f"{pace.messages:,} messages per {NAMES[pace.seconds]}"


def _refuse_waits(plan: PacePlan, hours: HoursRule | None, now: datetime) -> None:
    """Refuse a spread over several days if the campaign says that nobody waits for other hours."""
    if hours is None or hours.hours != "refuse" or not hours.marketing:
        return
    for each in plan.batches:
        at = plan.leaves[each.batch]
        opens = hours.submit_at(each.zones, now, receivers=each.receivers)
        if opens is not None and (opens > now or at.astimezone(ZoneInfo(PARIS)).date() != _day(now)):
            error = outside_hours(at.astimezone(ZoneInfo(PARIS)))
            raise OutsideHours(
                f"With {pace_text(plan.pace)} the hours are not enough. {error.what}", action=error.action
            )


def _day(moment: datetime) -> object:
    return moment.astimezone(ZoneInfo(PARIS)).date()


def _end(batch: Batch, of_run: datetime | None) -> datetime | None:
    of_rows = datetime.fromisoformat(batch.valid_until) if batch.valid_until else None
    return min((each for each in (of_run, of_rows) if each is not None), default=None, key=datetime.timestamp)


def _is_before(leaves: datetime, receivers: int, end: datetime | None) -> bool:
    return end is None or leaves + timedelta(seconds=receivers // PER_SECOND) < end


def plan_departures(store: Store, paced: PacedList, plan: PacePlan | None) -> datetime | None:
    """Record the departures of a run's batches, unless a batch may be at OVH; they replace those of an earlier list.

    :returns: when the last batch leaves, or has left; ``None`` for a run without a pace.
    """
    kept = store.paced_batches.of_list(paced.dag_id, paced.run_id, paced.digest)
    if plan is not None:
        kept = store.paced_batches.plan(paced, plan.pace, plan.batches, plan.leaves)
    elif kept and not store.published_lists.has_started(paced.dag_id, paced.run_id):
        kept = store.paced_batches.plan(paced, next(iter(kept.values())).pace, (), {})
    return max((each.left_at or each.leaves_at for each in kept.values()), default=None)
