"""When a campaign starts, as a preview shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.messaging.departure_hours import RunHours
    from ovh_sms.sending.schedule import Schedule

#: Times of a schedule that are shown.
SHOWN_TIMES = 3


def start_of(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Return when a campaign starts, as plain JSON values.

    :returns: ``next_times`` of its schedule, ``send_at``, and the ``asset`` whose update starts it.
    """
    from ovh_sms.campaign.campaign_schedule import AssetSchedule, next_times

    schedule, once = campaign.schedule, campaign.once_at
    times = next_times(schedule, campaign.timezone, now, SHOWN_TIMES) if isinstance(schedule, str) else []
    return {
        "next_times": [each.isoformat() for each in times],
        "send_at": once.isoformat() if once else None,
        "asset": schedule.asset if isinstance(schedule, AssetSchedule) else None,
        "timezone": campaign.timezone,
    }


def describe_way(campaign: Campaign) -> Iterator[str]:
    """Say as whom and by which way of OVH a campaign sends, if its file says so."""
    if campaign.user is not None:
        yield f"Sends as the user {campaign.user} of the account, whose quota pays if there is one"
    if campaign.via is not None:
        yield "Sends by OVH batches (via: ovh_batches)"


def describe_start(campaign: Campaign, now: datetime) -> Iterator[str]:
    """Say in one line when a campaign starts."""
    from ovh_sms.sending.planned_times import planned_times

    start = start_of(campaign, now)
    if start["next_times"]:
        times = ", ".join(each.text for each in planned_times(campaign, now, SHOWN_TIMES))
        yield f"Next times: {times} ({campaign.timezone})"
    elif start["send_at"]:
        coming = [each.text for each in planned_times(campaign, now, 1)]
        at = coming[0] if coming else f"{_local(start['send_at'])}, which has passed"
        yield f"Starts once: {at} ({campaign.timezone})"
    elif start["asset"]:
        yield f"Starts when the asset {start['asset']!r} is updated"
    else:
        yield "Starts by hand only: it has no schedule"


def describe_deadline(campaign: Campaign) -> Iterator[str]:
    """Say by when the messages of a run must have left, if the file says so."""
    from ovh_sms.campaign.departure_deadline import is_planned

    if campaign.leave_within_hours is not None:
        since = "the planned time" if is_planned(campaign) else "the start"
        yield f"Notifies if not everything has left {campaign.leave_within_hours:g} h after {since} of a run"


def next_schedule(campaign: Campaign, now: datetime) -> tuple[Schedule, datetime]:
    """Return when messages of a campaign's next run may leave, and when it begins: now if nobody knows."""
    from ovh_sms.campaign.pace import read_pace
    from ovh_sms.messaging.pace import MessagePace
    from ovh_sms.messaging.valid_until import ValidUntil
    from ovh_sms.sending.planned_times import hours_of
    from ovh_sms.sending.schedule import Schedule

    planned = next(iter(campaign.planned_times(now, 1)), None)
    until = campaign.hours_arguments().get("valid_until")
    schedule = Schedule(
        planned_at=planned,
        max_lateness=timedelta(hours=campaign.max_lateness_hours),
        hours=hours_of(campaign),
        valid_until=ValidUntil.of(until).of_run(planned or now) if until else None,
        pace=MessagePace(**read_pace(campaign.pace)) if campaign.pace else None,
    )
    return schedule, planned or now


def hours_of_next_run(campaign: Campaign, schedule: Schedule, begins: datetime) -> RunHours | None:
    """Return the hours of a campaign's next run, with its pilot."""
    from ovh_sms.messaging.pace import PilotFirst

    run, pilot = schedule.run_hours(begins), campaign.pilot_arguments()
    if run is None or not pilot:
        return run
    wait = timedelta(seconds=min(pilot["stop_window"], pilot["wait"]))
    return replace(run, pilot=PilotFirst(int(pilot["count"]), wait))


def refuse_if_it_never_sends(campaign: Campaign) -> None:
    """Refuse a campaign whose schedule never sends anything, or never in time, as Airflow does.

    :raises CampaignFileError: names the first time and its departure.
    """
    from ovh_sms.sending.planned_times import refuse_if_never_in_time, refuse_if_nothing_is_sent, usual_times

    planned = usual_times(campaign)
    refuse_if_nothing_is_sent(campaign, planned)
    refuse_if_never_in_time(campaign, planned)


def refusal_of_next_run(schedule: Schedule, prepared: PreparedList, begins: datetime) -> str | None:
    """Return why the next run would send nothing, as its preflight would say; ``None`` if its hours are right."""
    from ovh_sms.errors import PreflightError
    from ovh_sms.sending.preflight import departures

    try:
        departures(schedule, prepared, begins, has_started=False)
    except PreflightError as error:
        return error.what
    return None


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%a %Y-%m-%d %H:%M}"
