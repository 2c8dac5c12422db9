"""Counts the messages of exports by day, user, tag, sender, country and segments. No number and no text is kept.

An export is read in blocks, so that memory grows with the number of different combinations, not of messages.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.accounts.usage_month import moment_text
from ovh_sms.columns import converted, distinct
from ovh_sms.messaging.destinations import destination_name, destination_of
from ovh_sms.messaging.phone_numbers import calling_code
from ovh_sms.messaging.segments import measure
from ovh_sms.sending.export import export_blocks, is_clause_appended

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Digits at the end of a number that do not decide its country.
_TAIL = 4
_PREFIX = len("+33x")


class Group(NamedTuple):
    """Messages that are alike.

    :param day: of their creation in Paris, ``2026-10-01``.
    :param interval: how many of the counter's edges lie before them.
    :param destination: as in the rates: calling code, with the country if several share it; empty if unknown.
    :param segments: of one message.
    """

    day: str
    interval: int
    user: str
    tag: str
    sender: str
    destination: str
    segments: int


class UsageCounter:
    """Counts messages.

    :param edges: moments as :func:`~ovh_sms.accounts.usage_month.local_text` writes them, in their order; messages
        before and after each are counted apart.
    :param refunded: OVH's ids of messages that it refunded.
    :param marketing: tags whose messages carry the STOP clause, also if the exported text does not show it.
    """

    def __init__(
        self, *, edges: Sequence[str] = (), refunded: Collection[int] = (), marketing: Collection[str] = ()
    ) -> None:
        self.edges = tuple(edges)
        self.messages: Counter[Group] = Counter()
        self.refunded: Counter[Group] = Counter()
        self.users: set[str] = set()
        self._refunded, self._marketing = frozenset(refunded), frozenset(marketing)
        self._destinations: dict[str, str] = {}
        self._known: NDArray[Any] | None = None

    def count(self, path: Path, *, user: str = "") -> int:
        """Count the messages of an export that were not counted before.

        :param user: login of the user whose export it is; the account's own comes last, as it may hold those of users.
        :returns: how many were counted.
        :raises Unavailable: the document is not a complete export; OVH may give another one.
        """
        if user:
            self.users.add(user)
        ids: list[Any] = []
        found = 0
        for columns in export_blocks(path):
            of_block = self._new(columns, ids if user else None)
            found += len(of_block["id"])
            groups = self._groups(of_block, user)
            self.messages.update(groups)
            if self._refunded:
                of_ids = zip(groups, of_block["id"], strict=True)
                self.refunded.update(group for group, each in of_ids if int(each) in self._refunded)
        if ids:
            self._remember(ids)
        return found

    def _new(self, columns: Mapping[str, Sequence[str]], noted: list[Any] | None) -> Mapping[str, Sequence[str]]:
        """Leave out the messages of a block that a user's export held already."""
        if noted is None and self._known is None:
            return columns
        import numpy as np

        ids = np.fromiter(map(int, columns["id"]), dtype=np.int64, count=len(columns["id"]))
        if noted is not None:
            noted.append(ids)
        if self._known is None:
            return columns
        is_new = ~np.isin(ids, self._known)
        if is_new.all():
            return columns
        rows = np.flatnonzero(is_new).tolist()
        return {name: [values[row] for row in rows] for name, values in columns.items()}

    def _remember(self, ids: list[Any]) -> None:
        import numpy as np

        self._known = distinct(np.concatenate(ids if self._known is None else [self._known, *ids]))

    def _groups(self, it: Mapping[str, Sequence[str]], user: str) -> list[Group]:
        edges = self.edges

        def placed(text: str) -> tuple[str, int]:
            local = moment_text(text)
            return local[:10], bisect_left(edges, local)

        days = converted(it["date"], placed)
        destinations = self._destinations_of(it["receiver"])
        return [
            Group(day, interval, user, tag, sender, destination, segments)
            for (day, interval), tag, sender, destination, segments in zip(
                days, it["tag"], it["sender"], destinations, self._segments(it), strict=True
            )
        ]

    def _destinations_of(self, receivers: Sequence[str]) -> Iterator[str]:
        """Find the destinations, each once for numbers whose beginning is the same."""
        shared, known = _shared_codes(), self._destinations
        for receiver in receivers:
            head = receiver[:-_TAIL] if receiver.startswith(shared) else receiver[:_PREFIX]
            found = known.get(head)
            if found is None:
                found = known[head] = _destination(receiver)
            yield found

    def _segments(self, it: Mapping[str, Sequence[str]]) -> Iterable[int]:
        if self._marketing.isdisjoint(it["tag"]):
            return converted(it["message"], lambda text: measure(text).segments)
        return self._segments_with_clause(it)

    def _segments_with_clause(self, it: Mapping[str, Sequence[str]]) -> Iterator[int]:
        for tag, text, sender, receiver in zip(it["tag"], it["message"], it["sender"], it["receiver"], strict=True):
            clause = tag in self._marketing and is_clause_appended(text, sender, receiver)
            yield measure(text, stop_clause=clause).segments


@cache
def _shared_codes() -> tuple[str, ...]:
    """The beginnings of numbers whose calling code several countries share."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return tuple(f"+{code}" for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1)


def _destination(receiver: str) -> str:
    code = calling_code(receiver)
    try:
        return destination_name(destination_of(receiver)) if code else ""
    except ValueError:
        return str(code)
