"""Counts the stored messages of a submission once, when they are collected; pages add up what was counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.messaging.delivery_status import DeliveryStatus
from ovh_sms.store.message_figures import (
    COUNTRY,
    GROUPS,
    HOUR,
    OPERATOR,
    SEGMENTS,
    SENDER,
    Group,
    MessageFigures,
    StatusCount,
    add_groups,
)

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from ovh_sms.store.store import Store

#: Groups of one kind that are kept by name; the rest is one group, ``OTHERS``.
MOST_GROUPS, OTHERS = 60, "…"
#: Distinct words of operators that are kept.
_MOST_WORDS = 200
#: Digits at the end of a number that do not decide its country.
_TAIL = -4


class _Counts:
    """The counts so far."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, int | None, str | None]] = Counter()
        self.delays: Counter[float] = Counter()
        self.deliveries: Counter[datetime] = Counter()
        self.groups: dict[str, dict[str, Group]] = {kind: {} for kind in GROUPS}
        self._countries: dict[str, str] = {}

    def add(self, messages: DataFrame) -> None:
        """Count one block of messages."""
        import pandas as pd

        by = ["delivery_status", "operator_code", "operator_words"]
        for (status, code, words), count in messages.value_counts(by, dropna=False).items():
            known = None if pd.isna(words) else str(words)
            self.statuses[status, None if pd.isna(code) else int(code), known] += int(count)
        sent = pd.to_datetime(messages["sent_at"], utc=True)
        is_delivered = messages["delivery_status"] == DeliveryStatus.DELIVERED.value
        arrived = pd.to_datetime(messages["delivered_at"], utc=True)[is_delivered]
        for minute, count in arrived.dropna().dt.floor("min").value_counts().items():
            self.deliveries[minute.to_pydatetime()] += int(count)
        seconds = (arrived - sent[is_delivered]).dt.total_seconds().dropna()
        # Clocks that disagree say nothing of the delay.
        for delay, count in _three_digits(seconds[seconds >= 0]).value_counts().items():
            self.delays[float(delay)] += int(count)
        self._add_groups(messages, sent, is_delivered)

    def _add_groups(self, messages: DataFrame, sent: Series[Any], is_delivered: Series[Any]) -> None:
        import pandas as pd

        failed = messages["delivery_status"].isin([DeliveryStatus.FAILED.value, DeliveryStatus.EXPIRED.value])
        segments = messages["segments"]
        names = {
            OPERATOR: messages["operator"].fillna(""),
            COUNTRY: self._country(messages["receiver"]),
            SENDER: messages["sender"].fillna(""),
            HOUR: sent.dt.floor("h").dt.strftime("%Y-%m-%dT%H:00Z").fillna(""),
            SEGMENTS: segments.astype(str),
        }
        counts = pd.DataFrame({"messages": 1, "delivered": is_delivered, "failed": failed, "segments": segments})
        for kind, name in names.items():
            mine = self.groups[kind]
            for key, row in zip(*_summed(counts, name), strict=True):
                group = Group(str(key), *map(int, row))
                mine[group.name] = mine[group.name].plus(group) if group.name in mine else group

    def _country(self, receivers: Series[Any]) -> Series[Any]:
        """The country of each number; it is found once for the numbers that begin alike."""
        heads = receivers.str[:_TAIL]
        first = receivers.groupby(heads).first()
        for head, receiver in first.items():
            if head not in self._countries:
                self._countries[str(head)] = country_of_number(receiver)
        return heads.map(self._countries)


def compute(store: Store, tag: str) -> MessageFigures:
    """Count the stored messages of a submission, some thousand at a time."""
    import pandas as pd

    counts = _Counts()
    for block in store.messages.deliveries(tag):
        messages = pd.DataFrame(block)
        messages["operator_code"] = messages["operator_code"].astype("Int32")
        counts.add(messages)
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


def _summed(counts: DataFrame, names: Series[Any]) -> tuple[list[Any], list[list[Any]]]:
    found = counts.groupby(names.to_numpy()).sum()
    return found.index.tolist(), found.to_numpy().tolist()


def _three_digits(seconds: Series[Any]) -> Series[Any]:
    """Round up to three digits, by less than 1 %: what is stored stays small, and a round limit stays one."""
    import numpy as np

    values = seconds.to_numpy()
    with np.errstate(divide="ignore"):
        digits = np.floor(np.log10(np.maximum(values, 0.1)))
    step = 10.0 ** (digits - 2)
    return type(seconds)(np.round(np.ceil(np.round(values / step, 6)) * step, 3))


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
