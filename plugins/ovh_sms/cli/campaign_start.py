"""When a campaign starts, as a preview shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign

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
    start = start_of(campaign, now)
    if start["next_times"]:
        times = ", ".join(_local(each) for each in start["next_times"])
        yield f"Next times: {times} ({campaign.timezone})"
    elif start["send_at"]:
        passed = ", which has passed" if campaign.once_at and campaign.once_at < now else ""
        yield f"Starts once: {_local(start['send_at'])} ({campaign.timezone}){passed}"
    elif start["asset"]:
        yield f"Starts when the asset {start['asset']!r} is updated"
    else:
        yield "Starts by hand only: it has no schedule"


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%a %Y-%m-%d %H:%M}"
