"""The hours of the batch that a task sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.receiver_zones import HOME, PARIS, Zones, zones_of_all
from ovh_sms.messaging.valid_until import ValidUntil
from ovh_sms.task_context import is_set, planned_at, run_after, run_type

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.sending.schedule import Schedule

_KNOWN = {"hours", "night", "max_lateness", "valid_until", "pace", "ovh_holds"}


def schedule_of(
    context: Context,
    hours: Mapping[str, Any] | None,
    *,
    marketing: bool,
    held: bool = True,
    batch: Batch | None = None,
    numbers: Sequence[str] = (),
    zones: Zones = HOME,
    max_lateness: timedelta | None = None,
    delay: timedelta = timedelta(0),
) -> Schedule:
    """Return when the messages of a task may leave.

    :param hours: ``hours`` and ``night`` as of :class:`~ovh_sms.messaging.departure_hours.HoursRule`,
        ``max_lateness`` in seconds, ``valid_until`` as of :class:`~ovh_sms.messaging.valid_until.ValidUntil`, and
        ``pace`` as of :class:`~ovh_sms.messaging.pace.MessagePace`, and ``ovh_holds: False`` to give OVH nothing that
        it would hold; each may lack. ``None``: at any hour.
    :param marketing: whether the messages are advertising.
    :param held: whether OVH holds advertising, as it does if they have a sender: see
        :class:`~ovh_sms.messaging.departure_hours.HoursRule`.
    :param batch: what is sent; or
    :param numbers: the receivers themselves; or
    :param zones: the time zones in which they may be.
    :param max_lateness: stands for that of ``hours``.
    :param delay: for which OVH waits before it sends.
    """
    from ovh_sms.clock import SystemClock
    from ovh_sms.messaging.departure_hours import HoursRule
    from ovh_sms.messaging.pace import MessagePace
    from ovh_sms.sending.schedule import MAX_LATENESS, Schedule

    given = hours or {}
    unknown = sorted(given.keys() - _KNOWN)
    if unknown:
        raise ConfigurationError(
            f"'hours' holds {', '.join(map(repr, unknown))}, which means nothing.",
            action=f"Nothing was sent. Give {', '.join(sorted(_KNOWN))}, or leave it out.",
        )
    planned, after = planned_at(context), run_after(context)
    rule = {name: given[name] for name in ("hours", "night") if name in given}
    seconds, pace = given.get("max_lateness"), given.get("pace")
    # OVH would let all that it holds leave at once.
    held = held and pace is None and given.get("ovh_holds", True)
    if max_lateness is None:
        max_lateness = MAX_LATENESS if seconds is None else timedelta(seconds=seconds)
    return Schedule(
        planned_at=planned,
        run_after=after,
        is_backfill=run_type(context) == "backfill",
        backfill_allowed=is_set(context, "backfill"),
        max_lateness=max_lateness,
        hours=None if hours is None else HoursRule(marketing=marketing, held=held, **rule),
        valid_until=_end_of_use(given.get("valid_until"), batch, planned or after or SystemClock().now()),
        zones=batch.zones if batch else HOME if hours is None else zones_of_all(numbers) if numbers else zones,
        receivers=batch.accepted if batch else len(numbers),
        delay=delay,
        pace=MessagePace(**pace) if pace else None,
    )


def _end_of_use(given: Mapping[str, Any] | None, batch: Batch | None, day_of: datetime) -> datetime | None:
    """The first end that the campaign or a row of the batch names; ``None`` without any."""
    of_run = ValidUntil.of(given).of_run(day_of) if given else None
    of_rows = batch.valid_until if batch else None
    of_batch = datetime.fromisoformat(of_rows).astimezone(ZoneInfo(PARIS)) if of_rows else None
    # Within one zone, Python compares what clocks show.
    return min((each for each in (of_run, of_batch) if each is not None), default=None, key=datetime.timestamp)
