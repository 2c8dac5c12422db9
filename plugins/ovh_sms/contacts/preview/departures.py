"""When the messages of the next run leave, by their receivers' time zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ovh_sms.contacts.preparation import PreparationRequest
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.messaging.departure_hours import RunHours
from ovh_sms.messaging.pace import Departure as Placed
from ovh_sms.messaging.pace import NoPlace, PacedBatch, Spread
from ovh_sms.messaging.receiver_zones import zones_in


@dataclass(frozen=True, kw_only=True)
class Departure:
    """When the messages to some time zones leave.

    :param zones: as :func:`~ovh_sms.messaging.receiver_zones.zones_text` writes them.
    :param leaves_at: aware, in the campaign's zone; ``None``: at no hour of the next week.
    :param last_leaves_at: when the last of them leave, if the campaign has a pace or a pilot: behind a pilot, at the
        earliest.
    :param pilot: about so many of the receivers get the message first, as the pilot.
    """

    zones: str
    receivers: int
    leaves_at: datetime | None
    last_leaves_at: datetime | None = None
    pilot: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        leaves, last = (each and each.isoformat() for each in (self.leaves_at, self.last_leaves_at))
        times = {"leaves_at": leaves, "last_leaves_at": last}
        return {"zones": self.zones, "receivers": self.receivers, **times, "pilot": self.pilot}


class _Leaves(NamedTuple):
    """Messages to some time zones that leave at one moment."""

    zones: str
    at: datetime
    people: int


def departures(request: PreparationRequest, prepared: PreparedList) -> list[Departure]:
    """Return the departures of a prepared list, the first of them first; none if its run has no hours."""
    if request.hours is None:
        return []
    zone, found = ZoneInfo(request.options.timezone), []
    spread, pilot = _spread(request.hours, prepared), _pilot(request.hours, prepared.zones)
    for zones, receivers in prepared.zones.items():
        if zones in spread:
            first, last = (each.astimezone(zone) for each in spread[zones])
            own = pilot.get(zones, 0)
            found.append(Departure(zones=zones, receivers=receivers, leaves_at=first, last_leaves_at=last, pilot=own))
            continue
        leaves = request.hours.leaves_at(zones_in(zones), receivers=receivers)
        found.append(Departure(zones=zones, receivers=receivers, leaves_at=leaves and leaves.astimezone(zone)))
    return sorted(found, key=lambda each: (each.leaves_at is None, each.leaves_at and each.leaves_at.timestamp()))


def _spread(run: RunHours, prepared: PreparedList) -> dict[str, tuple[datetime, datetime]]:
    """The first and the last departure to some time zones, if a pace or a pilot parts them, and all have hours."""
    pilot = _pilot(run, prepared.zones)
    if run.pace is None and not pilot:
        return {}
    found: list[_Leaves] = []
    try:
        found += _planned(run, pilot or prepared.zones, run.now)
        if pilot and run.pilot:
            rest = {name: max(1, people - pilot[name]) for name, people in prepared.zones.items()}
            start = max(each.at for each in found) + run.pilot.wait
            found += _planned(run, rest, start, beside=[Placed(each.at, each.people) for each in found])
    except NoPlace:
        return {}
    times: dict[str, list[datetime]] = {}
    for each in found:
        times.setdefault(each.zones, []).append(each.at)
    return {name: (min(each), max(each)) for name, each in times.items()}


def _pilot(run: RunHours, zones: Mapping[str, int]) -> dict[str, int]:
    """About so many people of each zone get the message first: nobody can say who; empty without a pilot or a rest."""
    people = sum(zones.values())
    if run.pilot is None or people <= run.pilot.people:
        return {}
    return {name: min(those, -(-those * run.pilot.people // people)) for name, those in zones.items()}


def _planned(
    run: RunHours, zones: Mapping[str, int], start: datetime, *, beside: Sequence[Placed] = ()
) -> list[_Leaves]:
    """The departures to some people from a moment on.

    :raises NoPlace: some have no hour.
    """
    size = run.pace.batch_size if run.pace else max(1, sum(zones.values()))
    sizes = [(name, each) for name, people in zones.items() for each in _cut(people, size)]
    batches = [PacedBatch(at, people, zones_in(name)) for at, (name, people) in enumerate(sizes)]
    if run.pace is not None:
        leaves = Spread(pace=run.pace, hours=run.hours).plan(batches, start, beside=beside)
    else:
        leaves = {each.batch: _leaves_at(run, each, start) for each in batches}
    return [_Leaves(name, leaves[at], people) for at, (name, people) in enumerate(sizes)]


def _leaves_at(run: RunHours, batch: PacedBatch, start: datetime) -> datetime:
    at = run.hours.leaves_at(batch.zones, start, receivers=batch.receivers)
    if at is None:
        raise NoPlace(batch.zones)
    return at.astimezone(UTC)


def _cut(people: int, size: int) -> list[int]:
    whole, rest = divmod(people, size)
    return [size] * whole + [rest] * bool(rest)


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
            if each.last_leaves_at:
                when += f" to {each.last_leaves_at:%a %Y-%m-%d %H:%M}"
            if each.pilot:
                when += f"; about {each.pilot:,} of them first, as the pilot"
            yield f"  {each.receivers:>10,}  {each.zones}: {when}"
