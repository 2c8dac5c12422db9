"""When the messages of the next run leave, by their receivers' time zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ovh_sms.contacts.preparation import PreparationRequest
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.messaging.receiver_zones import zones_in


@dataclass(frozen=True, kw_only=True)
class Departure:
    """When the messages to some time zones leave.

    :param zones: as :func:`~ovh_sms.messaging.receiver_zones.zones_text` writes them.
    :param leaves_at: aware, in the campaign's zone; ``None``: at no hour of the next week.
    """

    zones: str
    receivers: int
    leaves_at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        leaves = self.leaves_at.isoformat() if self.leaves_at else None
        return {"zones": self.zones, "receivers": self.receivers, "leaves_at": leaves}


def departures(request: PreparationRequest, prepared: PreparedList) -> list[Departure]:
    """Return the departures of a prepared list, the first of them first; none if its run has no hours."""
    if request.hours is None:
        return []
    zone, found = ZoneInfo(request.options.timezone), []
    for zones, receivers in prepared.zones.items():
        leaves = request.hours.leaves_at(zones_in(zones), receivers=receivers)
        found.append(Departure(zones=zones, receivers=receivers, leaves_at=leaves and leaves.astimezone(zone)))
    return sorted(found, key=lambda each: (each.leaves_at is None, each.leaves_at and each.leaves_at.timestamp()))


def describe_departures(found: Sequence[Departure], refusal: str | None) -> Iterator[str]:
    """Describe them line by line.

    :param refusal: why the run would send nothing at these hours, if so.
    """
    if refusal is not None:
        yield f"The next run would send nothing. {refusal}"
    elif found:
        yield "Messages of the next run leave:"
        for each in found:
            when = f"{each.leaves_at:%a %Y-%m-%d %H:%M}" if each.leaves_at else "at no hour of the next week"
            yield f"  {each.receivers:>10,}  {each.zones}: {when}"
