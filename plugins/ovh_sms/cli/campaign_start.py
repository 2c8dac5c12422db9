"""When a campaign starts, as a preview shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.messaging.departure_hours import RunHours

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


def next_hours(campaign: Campaign, now: datetime) -> RunHours:
    """Return the hours of a campaign's next run; of one that a person starts now if it is not planned."""
    from ovh_sms.messaging.departure_hours import RunHours
    from ovh_sms.messaging.valid_until import ValidUntil
    from ovh_sms.sending.planned_times import hours_of

    planned = next(iter(campaign.planned_times(now, 1)), None)
    until = campaign.hours_arguments().get("valid_until")
    return RunHours(
        hours=hours_of(campaign),
        now=planned or now,
        planned_at=planned,
        max_lateness=timedelta(hours=campaign.max_lateness_hours),
        valid_until=ValidUntil.of(until).of_run(planned or now) if until else None,
    )


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%a %Y-%m-%d %H:%M}"
