"""Counts the stored messages of a submission once, when they are collected; pages add up what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from ovh_sms.columns import converted
from ovh_sms.messaging.delivery_status import DeliveryStatus
from ovh_sms.store.message_figures import (
    COUNTRY,
    GROUPS,
    HOUR,
    OPERATOR,
    SEGMENTS,
    SENDER,
    Group,
    MessageDeliveries,
    MessageFigures,
    StatusCount,
    add_groups,
)

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: Groups of one kind that are kept by name; the rest is one group, ``OTHERS``.
MOST_GROUPS, OTHERS = 60, "…"
#: Distinct words of operators that are kept.
_MOST_WORDS = 200


class _Counts:
    """The counts so far."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, int | None, str | None]] = Counter()
        self.delays: Counter[float] = Counter()
        self.deliveries: Counter[datetime] = Counter()
        self.groups: dict[str, dict[str, Group]] = {kind: {} for kind in GROUPS}
        self._country = cache(country_of_number)

    def add(self, it: MessageDeliveries) -> None:
        """Count one block of messages; equal values are read once."""
        self.statuses.update(zip(it.delivery_status, it.operator_code, it.operator_words, strict=True))
        times = Counter(zip(it.delivery_status, it.sent_at, it.delivered_at, strict=True))
        for (status, sent, arrived), count in times.items():
            if status == DeliveryStatus.DELIVERED and arrived is not None:
                self.deliveries[arrived.replace(second=0, microsecond=0)] += count
                # Clocks that disagree say nothing of the delay.
                if sent is not None and sent <= arrived:
                    self.delays[_three_digits((arrived - sent).total_seconds())] += count
        names: dict[str, Iterable[str | None]] = {
            OPERATOR: it.operator,
            COUNTRY: map(self._country, it.receiver),
            SENDER: it.sender,
            HOUR: converted(it.sent_at, _hour),
            SEGMENTS: map(str, it.segments),
        }
        for kind, each in names.items():
            self._add_groups(self.groups[kind], Counter(zip(each, it.delivery_status, it.segments, strict=True)))

    def _add_groups(self, groups: dict[str, Group], counts: Counter[tuple[str | None, str, int]]) -> None:
        for (name, status, segments), count in counts.items():
            delivered = count if status == DeliveryStatus.DELIVERED else 0
            failed = count if status in (DeliveryStatus.FAILED, DeliveryStatus.EXPIRED) else 0
            group = Group(name or "", count, delivered, failed, segments * count)
            groups[group.name] = groups[group.name].plus(group) if group.name in groups else group


def compute(store: Store, tag: str) -> MessageFigures:
    """Count the stored messages of a submission, some thousand at a time."""
    counts = _Counts()
    for block in store.messages.deliveries(tag):
        counts.add(block)
    return MessageFigures(
        statuses=_statuses(counts.statuses),
        delays=tuple(sorted(counts.delays.items())),
        deliveries=tuple(sorted(counts.deliveries.items())),
        groups={kind: _most(groups) for kind, groups in counts.groups.items()},
    )


def country_of_number(receiver: str) -> str:
    """Return the country of an E.164 number, as two letters; empty if it has none."""
    from ovh_sms.messaging.destinations import country_of, destination_name, destination_of

    if not receiver[1:].isdecimal():
        return ""
    destination = destination_of(receiver)
    return country_of(destination_name(destination)) if destination else ""


def _hour(sent: datetime | None) -> str:
    return f"{sent:%Y-%m-%dT%H:00Z}" if sent else ""


def _three_digits(seconds: float) -> float:
    """Round up to three digits, by less than 1 %: what is stored stays small, and a round limit stays one."""
    step = 10.0 ** (floor(log10(max(seconds, 0.1))) - 2)
    return round(ceil(round(seconds / step, 6)) * step, 3)


def _statuses(counts: Counter[tuple[str, int | None, str | None]]) -> tuple[StatusCount, ...]:
    """The most frequent words are kept; the others count without words."""
    kept: Counter[tuple[str, int | None, str | None]] = Counter()
    for place, ((status, code, words), count) in enumerate(counts.most_common()):
        kept[status, code, words if place < _MOST_WORDS else None] += count
    return tuple(StatusCount(*key, count) for key, count in kept.items())


def _most(groups: dict[str, Group]) -> tuple[Group, ...]:
    found = add_groups(groups.values())
    rest = [each._replace(name=OTHERS) for each in found[MOST_GROUPS:]]
    return (*found[:MOST_GROUPS], *add_groups(rest))
