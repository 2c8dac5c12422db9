"""When the messages of a campaign may leave, by the clocks of those who get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.pace import MessagePace, PilotFirst
from ovh_sms.messaging.receiver_zones import HOME, PARIS, Zones, is_elsewhere
from ovh_sms.messaging.sending_window import SendingWindow

#: Subdivisions, as the `holidays` library names them, whose public holidays the people of a zone may have.
_SUBDIVISIONS = {
    "America/Guadeloupe": ("971", "BL", "MF"),  # one calling code for all three
    "America/Martinique": ("972",),
    "America/Cayenne": ("973",),
    "Indian/Reunion": ("974",),
    "Indian/Mayotte": ("976",),
    "America/Miquelon": ("PM",),
    "Pacific/Noumea": ("NC",),
    "Pacific/Tahiti": ("PF",),
    "Pacific/Wallis": ("WF",),
}
#: The hours in which nobody's phone should ring without need: a transactional message waits until they are over.
NIGHT_ENDS, NIGHT_BEGINS = 7, 22
_EVERY_DAY = tuple(range(7))
#: OVH holds what is left of a batch when the hours of Paris end, and knows no other hours: everybody else's batch is
#: given to it so long before the hours end, and earlier by a second for every hundred messages.
MARGIN, PER_SECOND = timedelta(minutes=15), 100
#: Time between the preflight of a batch and its submission, for its upload.
UPLOAD_TIME = timedelta(minutes=10)
#: Longest wait for an hour at which a message may leave.
LONGEST_WAIT = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class HoursRule:
    """The rule of a campaign for the hours in which its messages leave.

    :param marketing: whether they are advertising, which leaves in the sending window alone: Monday to Friday, 8 to
        20 h, no public holidays; by the clocks of Paris and of the receivers both.
    :param hours: of advertising. ``split``: each time zone at its own time. ``hold``: everything at once, and OVH
        holds it by the hours of Paris. ``refuse``: a run outside of the hours sends nothing.
    :param night: of other messages. ``hold``: nothing leaves from 22 to 7 h by the receivers' clocks.
        ``send``: it does.
    :param held: whether OVH holds advertising until Paris is open: it holds what carries the STOP clause, and that has
        none which leaves from a short number.
    :raises ConfigurationError: one of them is something else.
    """

    marketing: bool
    hours: Literal["split", "hold", "refuse"] = "split"
    night: Literal["hold", "send"] = "hold"
    held: bool = True

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("hours", self.hours, ("split", "hold", "refuse")),
            ("night", self.night, ("hold", "send")),
        ):
            if value not in choices:
                raise ConfigurationError(
                    f"{name!r} is {value!r}, which names no hours.",
                    action=f"Nothing was sent. Give one of {', '.join(choices)}.",
                )

    @property
    def by_zone(self) -> bool:
        """Whether receivers of different time zones may get their messages at different times."""
        return self.hours != "hold" or not self.held if self.marketing else self.night == "hold"

    def submit_at(self, zones: Zones, moment: datetime, *, receivers: int = 0) -> datetime | None:
        """Return from when on a batch may be given to OVH.

        If OVH itself holds advertising by the hours of Paris, receivers there need no other wait.

        :param zones: in which its receivers may be.
        :param moment: aware; the batch is ready.
        :param receivers: how many, as OVH needs time to send to them.
        :returns: the moment itself or a later one; ``None`` if there is none within a week.
        """
        if not self.by_zone or (self.marketing and self.held and not is_elsewhere(zones)):
            return moment
        margin = MARGIN + timedelta(seconds=receivers // PER_SECOND)
        return _open(self._windows(zones), moment, margin)

    def leaves_at(self, zones: Zones, moment: datetime, *, receivers: int = 0) -> datetime | None:
        """Return when the messages of a batch leave that is ready at a moment; parameters as of :meth:`submit_at`."""
        given = self.submit_at(zones, moment, receivers=receivers)
        return given if given is None or not self.marketing else SendingWindow().opens_at(given)

    def due_at(self, zones: Zones, planned_at: datetime) -> datetime:
        """Return when messages that are planned for a moment are due: what leaves later is late.

        That is the planned time itself; where clocks show another time, the next hour of a day in which they may leave.
        """
        if not is_elsewhere(zones) or not self.by_zone:
            return planned_at
        return _open(self._windows(zones, every_day=True), planned_at, timedelta(0)) or planned_at

    def usually_leaves_at(self, zones: Zones, planned_at: datetime) -> datetime:
        """Return when messages leave that are planned for a moment, public holidays aside; as :meth:`leaves_at`."""
        if self.marketing:
            windows = [SendingWindow(zone=name, holidays_of=None) for name in dict.fromkeys((PARIS, *zones))]
            given_at_once = self.held and not is_elsewhere(zones)
            margin = timedelta(0) if given_at_once else MARGIN + UPLOAD_TIME
            return _open(windows, planned_at, margin) or planned_at + LONGEST_WAIT
        if self.night == "send":
            return planned_at
        return _open(self._windows(zones), planned_at, MARGIN + UPLOAD_TIME) or planned_at

    def _windows(self, zones: Zones, *, every_day: bool = False) -> list[SendingWindow]:
        if not self.marketing:
            return [
                SendingWindow(start=NIGHT_ENDS, end=NIGHT_BEGINS, weekdays=_EVERY_DAY, zone=name, holidays_of=None)
                for name in zones or HOME
            ]
        if every_day:
            return [SendingWindow(zone=name, weekdays=_EVERY_DAY, holidays_of=None) for name in (PARIS, *zones)]
        found = [SendingWindow()]
        for name in zones:
            if name in _SUBDIVISIONS:
                found += [SendingWindow(zone=name, subdivision=each) for each in _SUBDIVISIONS[name]]
            else:  # holidays of other countries are not kept
                found.append(SendingWindow(zone=name, holidays_of=None))
        return found


@dataclass(frozen=True, kw_only=True)
class RunHours:
    """The hours of one run: when its messages can leave, and whether that is in time.

    :param now: when the list is ready; aware.
    :param planned_at: aware; ``None`` for a run started by hand, which is never late.
    :param valid_until: nothing leaves after it; aware.
    :param pace: messages that may leave in a time, at most; ``None``: any number.
    :param pilot: who gets the message before all others, for a preview; ``None``: nobody does.
    """

    hours: HoursRule
    now: datetime
    planned_at: datetime | None = None
    max_lateness: timedelta | None = None
    valid_until: datetime | None = None
    pace: MessagePace | None = None
    pilot: PilotFirst | None = None

    def leaves_at(self, zones: Zones, *, receivers: int = 0) -> datetime | None:
        """Return when messages to these zones leave; ``None`` if not within a week."""
        return self.hours.leaves_at(zones, self.now, receivers=receivers)

    def is_in_time(self, zones: Zones) -> bool:
        """Return whether messages to these zones leave, and neither too late nor after ``valid_until``."""
        leaves = self.leaves_at(zones)
        if leaves is None or self.is_expired(leaves):
            return False
        return self.max_lateness is None or self.lateness(zones, leaves) <= self.max_lateness

    def is_expired(self, leaves: datetime) -> bool:
        """Return whether a departure is at the end of the campaign's use, or behind it."""
        return self.valid_until is not None and leaves >= self.valid_until

    def lateness(self, zones: Zones, leaves: datetime) -> timedelta:
        """Return by how much a departure is too late; zero or less if it is not."""
        if self.planned_at is None:
            return timedelta(0)
        # Within one zone, Python subtracts what clocks show, and a day of 23 or 25 hours is one of 24.
        return leaves.astimezone(UTC) - self.hours.due_at(zones, self.planned_at).astimezone(UTC)


def _open(windows: Sequence[SendingWindow], moment: datetime, margin: timedelta) -> datetime | None:
    """The first moment from which all windows are open, for as long as the margin."""
    at, latest = moment, moment.astimezone(UTC) + LONGEST_WAIT
    while at <= latest:
        try:
            later = max(window.opens_at(at, margin) for window in windows)
        except ConfigurationError:  # closed for a month
            return None
        if later <= at:
            return moment if at == moment else at
        at = later
    return None
