"""The times for which a campaign is planned: a schedule must mean what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.errors import CampaignFileError
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.receiver_zones import HOME, Zones
from ovh_sms.messaging.valid_until import ValidUntil

#: So many of the next times are checked: more than a week of daily runs.
TIMES_CHECKED = 10
#: From it on, the times of a schedule are checked: the same every day.
WINTER, SUMMER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class PlannedTime:
    """One time of a schedule.

    :param at: when the run is planned; aware, in the campaign's zone.
    :param leaves: when its messages leave then, public holidays aside.
    :param sends: whether the run sends anything.
    :param expired: whether it does not as ``valid_until`` ends the use of its messages before they leave.
    """

    at: datetime
    leaves: datetime
    sends: bool
    expired: bool = False

    @property
    def text(self) -> str:
        """The time, and when its messages leave if that is later."""
        return self._text("%a %Y-%m-%d %H:%M")

    @property
    def weekly_text(self) -> str:
        """The same without a date."""
        return self._text("%a %H:%M")

    def _text(self, form: str) -> str:
        planned = self.at.strftime(form)
        if not self.sends:
            return f"{planned}: it would send nothing"
        if self.leaves <= self.at:
            return planned
        return f"{planned}: its messages leave on {self.leaves.astimezone(self.at.tzinfo).strftime(form)}"


def hours_of(campaign: Campaign) -> HoursRule:
    """Return a campaign's rule for the hours in which its messages leave."""
    return HoursRule(
        marketing=campaign.marketing,
        hours=campaign.hours,
        night=campaign.night,
        held=campaign.adds_stop and campaign.pace is None and campaign.pilot is None,
    )


def planned_times(campaign: Campaign, now: datetime, count: int) -> list[PlannedTime]:
    """Return what becomes of the next times for which a campaign is planned; none if nobody knows them.

    :param now: aware.
    """
    return [_planned(at, campaign) for at in campaign.planned_times(now, count)]


def usual_times(campaign: Campaign) -> list[PlannedTime]:
    """Return what becomes of some times of a campaign, in winter and in summer; the same every day."""
    found = (planned_times(campaign, begins, TIMES_CHECKED) for begins in (WINTER, SUMMER))
    return list({each.at: each for some in found for each in some}.values())


def refuse_if_nothing_is_sent(campaign: Campaign, planned: Sequence[PlannedTime]) -> None:
    """Refuse a schedule none of whose runs would send anything.

    :raises CampaignFileError: names the first time and its departure.
    """
    # A schedule that goes on behind a moment is no mistake.
    ended = campaign.once_at is None and "moment" in _valid_until(campaign)
    if not planned or any(each.sends or (each.expired and ended) for each in planned):
        return
    first = planned[0]
    leaves = f"{first.leaves.astimezone(first.at.tzinfo):%a %d %b %H:%M}"
    if first.expired:
        raise CampaignFileError(
            f"{campaign.name}.yaml: the campaign would never send anything: messages planned for "
            f"{first.at:%a %d %b %Y %H:%M} would leave on {leaves}, and `valid_until` ends their use before.",
            action="Give a later `valid_until`, or plan the campaign earlier.",
        )
    why = (
        "`hours: refuse` sends nothing outside of the hours"
        if campaign.marketing and campaign.hours == "refuse"
        else f"`max_lateness_hours` is {campaign.max_lateness_hours:g}"
    )
    raise CampaignFileError(
        f"{campaign.name}.yaml: the campaign would never send anything: {first.at:%a %d %b %Y %H:%M} is outside of the "
        f"hours for its messages, which would leave on {leaves}, and {why}.",
        action="Give a time within the hours, or allow that: see `hours`, `night` and `max_lateness_hours`.",
    )


def refuse_if_never_in_time(campaign: Campaign, planned: Sequence[PlannedTime]) -> None:
    """Refuse a deadline before which the messages of no run may leave.

    :raises CampaignFileError: names the first time and its departure.
    """
    hours = campaign.leave_within_hours
    waits = [(each.leaves.astimezone(UTC) - each.at.astimezone(UTC), each) for each in planned if each.sends]
    if hours is None or not waits or any(wait <= timedelta(hours=hours) for wait, _ in waits):
        return
    _, first = waits[0]
    raise CampaignFileError(
        f"{campaign.name}.yaml: every run would be late: `leave_within_hours` is {hours:g}, and messages planned for "
        f"{first.at:%a %d %b %Y %H:%M} leave on {first.leaves.astimezone(first.at.tzinfo):%a %d %b %H:%M}, as it is "
        "outside of their hours.",
        action="Give a time within the hours, or a longer `leave_within_hours`.",
    )


def outside(planned: Sequence[PlannedTime]) -> list[PlannedTime]:
    """Return the times whose messages do not leave then."""
    return [each for each in planned if each.leaves > each.at or not each.sends]


def _planned(at: datetime, campaign: Campaign) -> PlannedTime:
    """The time for people in metropolitan France, or for those of the campaign's own zone if only they get anything."""
    at_home = _planned_in(HOME, at, campaign)
    if at_home.sends:
        return at_home
    of_zone = _planned_in((campaign.timezone,), at, campaign)
    return of_zone if of_zone.sends else at_home


def _planned_in(zones: Zones, at: datetime, campaign: Campaign) -> PlannedTime:
    hours = hours_of(campaign)
    leaves = hours.usually_leaves_at(zones, at)
    late = leaves.astimezone(UTC) - hours.due_at(zones, at).astimezone(UTC)
    waits = hours.marketing and hours.hours == "refuse" and leaves > at
    given = _valid_until(campaign)
    until = ValidUntil.of(given).of_run(at) if given else None
    expired = until is not None and leaves.astimezone(UTC) >= until.astimezone(UTC)
    sends = not (waits or expired) and late <= timedelta(hours=campaign.max_lateness_hours)
    return PlannedTime(at=at, leaves=leaves, sends=sends, expired=expired)


def _valid_until(campaign: Campaign) -> dict[str, str]:
    return campaign.hours_arguments().get("valid_until", {})  # type: ignore[no-any-return]
