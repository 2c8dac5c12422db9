"""Whether a batch may be sent now: neither in a backfill, nor too late, nor outside of its hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ovh_sms.errors import OutsideHours, ScheduleTooOld
from ovh_sms.idempotency.remote_write import WriteWait
from ovh_sms.messaging.departure_hours import LONGEST_WAIT, PER_SECOND, HoursRule, RunHours
from ovh_sms.messaging.pace import MessagePace
from ovh_sms.messaging.receiver_zones import HOME, PARIS, UNKNOWN, Zones, is_elsewhere, zones_text

#: How late messages of a scheduled run may leave, unless the campaign says otherwise.
MAX_LATENESS = timedelta(hours=6)


class HoursWait(WriteWait):
    """The hours for the batch have not started yet. In between no process is needed."""

    def __init__(self, until: datetime, wait: timedelta, zones: Zones) -> None:
        self.wait = wait
        self.until = until
        super().__init__(
            f"Waiting until {until.astimezone(ZoneInfo(PARIS)):%a %d %b %Y %H:%M} in Paris: the hours for receivers in "
            f"{zones_text(zones)} have not started."
        )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a batch may leave.

    :param planned_at: when the run was planned, aware; ``None`` for one started by hand, which is never late.
    :param run_after: Airflow has not started the run before this moment, cleared or not; ``None`` if nobody knows.
    :param backfill_allowed: whether the person who started it allowed a backfill to send.
    :param max_lateness: how late messages of a scheduled run may leave.
    :param hours: the campaign's rule; ``None``: it has none.
    :param valid_until: nothing leaves after it; aware.
    :param zones: in which the receivers of the batch may be.
    :param receivers: how many they are.
    :param delay: for which OVH waits before it sends, in every run.
    :param pace: messages that may leave in a time, at most; ``None``: any number.
    :param upload: for what comes before the submission: what is uploaded must still be sent before the hours end.
    """

    planned_at: datetime | None = None
    run_after: datetime | None = None
    is_backfill: bool = False
    backfill_allowed: bool = False
    max_lateness: timedelta = MAX_LATENESS
    hours: HoursRule | None = None
    valid_until: datetime | None = None
    zones: Zones = HOME
    receivers: int = 0
    delay: timedelta = timedelta(0)
    upload: timedelta = timedelta(0)
    pace: MessagePace | None = None

    def check(self, now: datetime, *, has_started: bool = False, person_decided: bool = False) -> None:
        """Refuse a batch that would leave too late, or in a backfill; have it wait for its hours.

        Airflow starts the latest missed run when a DAG is unpaused or comes back after an outage.

        :param now: OVH's time, aware.
        :param has_started: a batch of the run is at OVH, or may be: the others are not late any more.
        :param person_decided: a person had the batch sent: neither lateness nor a backfill matters.
        :raises ScheduleTooOld: names the planned time, or the end of the campaign's use.
        :raises OutsideHours: the campaign's ``hours`` do not allow what would be sent.
        :raises HoursWait: nothing is sent before.
        """
        if not person_decided:
            self._refuse_backfill()
        run, leaves = self.run_hours(now), self.leaves_at(now)
        ends = leaves + timedelta(seconds=self.receivers // PER_SECOND)
        if self.valid_until is not None and ends >= self.valid_until:
            raise ScheduleTooOld(
                f"Messages would leave until {ends.astimezone(self.valid_until.tzinfo):%a %d %b %Y at %H:%M}, and "
                f"'valid_until' ends their use on {self.valid_until:%a %d %b %Y at %H:%M}.",
                action="Nothing was sent. If they should still be sent, change 'valid_until' and start a new run.",
            )
        if not has_started and not person_decided:
            self._refuse_late(leaves, run)
        if run is not None:
            self._wait_until(self._given(run), run)

    def leaves_at(self, now: datetime) -> datetime:
        """Return when a batch leaves that is ready now.

        :param now: OVH's time, aware.
        :raises OutsideHours: it may leave at no hour.
        """
        run = self.run_hours(now)
        return now + self.delay if run is None else self._leaves(run)

    def minutes_left(self, now: datetime) -> int | None:
        """Return for how long OVH may try to deliver what is sent now, in minutes; ``None`` without an end of its use.

        Whether OVH counts the time for which it holds advertising is not documented.
        """
        if self.valid_until is None:
            return None
        left = self.valid_until.astimezone(UTC) - now.astimezone(UTC) - self.delay
        return max(1, int(left.total_seconds() // 60))

    def wait_for_hours(self, now: datetime) -> None:
        """Have a batch wait for its hours that is not sent yet.

        :raises HoursWait: nothing needs to be done before.
        :raises OutsideHours: it may leave at no hour, or may not wait for one.
        """
        self.leaves_at(now)
        run = self.run_hours(now)
        if run is not None:
            self._wait_until(self._given(run), run)

    def run_hours(self, now: datetime) -> RunHours | None:
        """Return the hours of the run, for the preparation of its list; ``None`` if any hour will do."""
        if self.hours is None:
            return None
        return RunHours(
            hours=self.hours,
            now=now.astimezone(UTC) + self.delay if self.delay else now,
            # A backfill that is allowed is never late.
            planned_at=None if self.is_backfill or self.planned_at is None else self.planned_at + self.delay,
            max_lateness=self.max_lateness,
            valid_until=self.valid_until,
            pace=self.pace,
        )

    def _refuse_backfill(self) -> None:
        if self.is_backfill and not self.backfill_allowed:
            raise ScheduleTooOld(
                "A backfill sends nothing by default.",
                action='Nothing was sent. To send it, start it with the configuration {"backfill": true}.',
            )

    def _leaves(self, run: RunHours) -> datetime:
        if run.hours.marketing and run.hours.hours == "hold" and is_elsewhere(self.zones):
            raise held_elsewhere(zones_text(self.zones))
        if run.hours.marketing and self.zones == UNKNOWN:
            raise no_hours("an unknown time zone")
        leaves = run.leaves_at(self.zones, receivers=self._ahead)
        if leaves is None:
            raise no_hours(zones_text(self.zones))
        if run.hours.marketing and run.hours.hours == "refuse" and leaves > run.now:
            raise outside_hours(leaves)
        return leaves

    def _given(self, run: RunHours) -> datetime:
        return run.hours.submit_at(self.zones, run.now, receivers=self._ahead) or run.now

    @property
    def _ahead(self) -> int:
        """Messages for which the hours must last."""
        return self.receivers + int(self.upload.total_seconds()) * PER_SECOND

    def _wait_until(self, given: datetime, run: RunHours) -> None:
        if given > run.now:
            raise HoursWait(
                given.astimezone(UTC) - self.delay, given.astimezone(UTC) - run.now.astimezone(UTC), self.zones
            )

    def _refuse_late(self, leaves: datetime, run: RunHours | None) -> None:
        if self.planned_at is None or self.is_backfill:
            return
        late = (
            leaves.astimezone(UTC) - self.delay - self.planned_at.astimezone(UTC)
            if run is None
            else run.lateness(self.zones, leaves)
        )
        if late > self.max_lateness:
            raise schedule_too_old(self.planned_at, leaves, self.max_lateness, now=leaves if run is None else run.now)


def schedule_too_old(planned_at: datetime, leaves: datetime, most: timedelta, *, now: datetime) -> ScheduleTooOld:
    """Make the error of a run whose messages would leave long after their time."""
    planned = f"This run was planned for {planned_at:%Y-%m-%d %H:%M %Z}"
    if leaves <= now:
        what = f"{planned}, more than {most} ago."
    else:
        what = (
            f"{planned}. Its hours have ended: its messages would leave on "
            f"{leaves.astimezone(planned_at.tzinfo):%Y-%m-%d %H:%M %Z}, more than {most} later."
        )
    return ScheduleTooOld(what, action="Nothing was sent. If the campaign should still be sent, start a run by hand.")


def held_elsewhere(where: str) -> OutsideHours:
    """Make the error of a batch that OVH would hold by the hours of another place."""
    return OutsideHours(
        f"The campaign says `hours: hold`: OVH holds advertising to numbers of metropolitan France, by the hours of "
        f"Paris. Receivers are in {where}, whose messages could leave at night.",
        action="Nothing was sent. Take `hours: split`, or leave these receivers out.",
    )


def outside_hours(leaves: datetime) -> OutsideHours:
    """Make the error of a run that may not wait for its hours."""
    return OutsideHours(
        f"Advertising may leave from {leaves:%a %d %b %Y at %H:%M %Z} on, and the campaign says `hours: refuse`.",
        action="Nothing was sent. Start the run again then, or take `hours: split`.",
    )


def no_hours(where: str) -> OutsideHours:
    """Make the error of a batch that can leave at no hour."""
    return OutsideHours(
        f"For receivers in {where} no hour of the next {LONGEST_WAIT.days} days is fit for the message.",
        action="Nothing was sent. Leave these receivers out, or give a smaller 'batch_size' if it is large.",
    )
