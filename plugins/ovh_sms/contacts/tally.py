"""Counts what the accepted rows of a list cost, while they pass."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ovh_sms.contacts.judge import Accepted
from ovh_sms.messaging.numbers import FRANCE
from ovh_sms.messaging.places import place_name, place_of

#: Credits per part by place (see :mod:`ovh_sms.messaging.places`), or a function that gives them for those of a list.
Rates = Mapping[str, float] | Callable[[Sequence[str]], Mapping[str, float]]


class Totals(NamedTuple):
    """Keyword arguments of :class:`~ovh_sms.contacts.prepared.PreparedList`, and credits of each piece."""

    manifest: dict[str, Any]
    credits: list[float]


@dataclass
class Tally:
    """Running totals of one preparation.

    :param used: columns the message uses, without the number.
    """

    used: Sequence[str]
    rows: int = 0
    #: Accepted rows by place and parts, for each piece of the list.
    batches: list[Counter[tuple[int, int]]] = field(default_factory=lambda: [Counter()])
    empty: Counter[str] = field(default_factory=Counter)
    worst_parts: int = 0
    worst_line: int | None = None
    unicode_rows: int = 0

    def add(self, row: Accepted, batch: int = 0) -> None:
        """Count one accepted row.

        :param row: the row.
        :param batch: the piece of the list it went to, from 0; so far the last one, or the next.
        """
        size = row.size
        self._sizes(batch)[place_of(row.number), size.parts] += 1
        self.unicode_rows += size.unicode
        if size.parts > self.worst_parts:
            self.worst_parts, self.worst_line = size.parts, row.line
        for name, value in zip(self.used, row.values, strict=True):
            if not value:
                self.empty[name] += 1

    def add_batch(
        self, *, places: Any, parts: Any, lines: Any, unicode: bool, empty: Sequence[int], batch: int = 0
    ) -> None:
        """Count accepted rows of a batch.

        :param places: place of each row, array of integers.
        :param parts: parts of each row, likewise.
        :param lines: line of each row, likewise.
        :param unicode: whether their messages are Unicode.
        :param empty: rows with an empty value, by used column.
        :param batch: the piece of the list they went to, see :meth:`add`.
        """
        import numpy as np

        most = int(parts.max())
        if most > self.worst_parts:
            self.worst_parts, self.worst_line = most, int(lines[parts.argmax()])
        counted = np.bincount(places * (most + 1) + parts)
        sizes = self._sizes(batch)
        for at in np.flatnonzero(counted).tolist():
            sizes[divmod(at, most + 1)] += int(counted[at])
        self.unicode_rows += len(parts) if unicode else 0
        for name, rows in zip(self.used, empty, strict=True):
            self.empty[name] += rows

    def totals(self, rates: Rates | None = None) -> Totals:
        """Give the totals under the manifest's names, and what each piece costs.

        :param rates: credits per part by place ("33", "1", "1 CA"), or what gives them for those found. A country
            that shares its calling code has the code's own rate where it has none; all others cost 1.
        :returns: the totals.
        """
        sizes: Counter[tuple[int, int]] = sum(self.batches, Counter())
        parts: Counter[int] = Counter()
        found: Counter[int] = Counter()
        for (place, size), rows in sizes.items():
            parts[size] += rows
            found[place] += rows
        # by calling code, and by country where several share it
        countries = {
            place_name(place): found[place] for place in sorted(found, key=lambda at: (at % 1_000, at))
        }
        if callable(rates):
            rates = rates(list(countries))
        manifest = {
            "rows": self.rows,
            "parts": dict(sorted(parts.items())),
            "credits": _credits(sizes, rates or {}),
            "worst_parts": self.worst_parts,
            "worst_line": self.worst_line,
            "unicode_rows": self.unicode_rows,
            "foreign_rows": found.total() - found[FRANCE],
            "countries": countries,
            "empty_values": {name: self.empty[name] for name in self.used if self.empty[name]},
        }
        return Totals(manifest, [_credits(each, rates or {}) for each in self.batches])

    def _sizes(self, batch: int) -> Counter[tuple[int, int]]:
        if batch == len(self.batches):
            self.batches.append(Counter())
        return self.batches[batch]


def _credits(sizes: Mapping[tuple[int, int], int], rates: Mapping[str, float]) -> float:
    """The sum of all parts, each at its country's rate; a whole number stays one."""
    cost = math.fsum(size * rows * _rate(place, rates) for (place, size), rows in sorted(sizes.items()))
    return int(cost) if cost.is_integer() else cost


def _rate(place: int, rates: Mapping[str, float]) -> float:
    name = place_name(place)
    return rates.get(name, rates.get(name.split(" ")[0], 1))
