"""Running totals of the accepted rows of a contact list: segments, destinations, credits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ovh_sms.messaging.country_rules import FRANCE
from ovh_sms.messaging.destinations import destination_name

#: Credits per segment by destination (see :mod:`ovh_sms.messaging.destinations`), or a function of those found.
Rates = Mapping[str, float] | Callable[[Sequence[str]], Mapping[str, float]]

#: Lines that are named at most of rows that a person should check.
_FIRST_LINES = 3


class BlockCounts(NamedTuple):
    """Accepted rows of a block: an array of integers each for destination, segments and line of every row, and for the
    index of its time zones and the end of its use, if they matter.

    ``gsm7_segments`` are those of each row with the message's own text in the GSM alphabet; ``None`` if it is.

    ``without_plus`` and ``made_up`` mark the rows whose numbers are so, array of bool; ``None`` if nobody counts them.
    ``empty`` is the number of rows with an empty value, by used column.
    """

    destinations: Any
    segments: Any
    lines: Any
    empty: Sequence[int]
    gsm7_segments: Any = None
    zones: Any = None
    ends: Any = None
    without_plus: Any = None
    made_up: Any = None


class MisreadValue(NamedTuple):
    """A value with UTF-8 that was read in another encoding: its place, and the misread character alone."""

    line: int
    column: str
    character: str


class ListCost(NamedTuple):
    """Keyword arguments of :class:`~ovh_sms.contacts.prepared_list.PreparedList`, and credits of each batch.

    ``gsm7_credits`` is the cost with the message's own text in the GSM alphabet, if it is Unicode.
    """

    manifest: dict[str, Any]
    batch_credits: list[float]
    gsm7_credits: float


@dataclass
class ListTotals:
    """Running totals of one preparation."""

    used: Sequence[str]
    rows: int = 0
    #: Accepted rows by destination and segments, for each batch.
    batches: list[Counter[tuple[int, int]]] = field(default_factory=lambda: [Counter()])
    #: Accepted rows by destination and segments, with the message's own text in the GSM alphabet.
    gsm7_sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    #: The first end of a row's use, for each batch that has one; in seconds since 1970.
    ends: dict[int, int] = field(default_factory=dict)
    #: Accepted rows by the index of their time zones.
    zones: Counter[int] = field(default_factory=Counter)
    worst_segments: int = 0
    worst_line: int | None = None
    unicode_rows: int = 0
    #: Rows rejected for a character of a value, by character.
    rejected_characters: Counter[str] = field(default_factory=Counter)
    #: Accepted numbers of other countries that stand without a plus, by destination.
    without_plus: Counter[int] = field(default_factory=Counter)
    #: Accepted numbers that may be made up, and the lines of the first ones.
    made_up_rows: int = 0
    made_up_lines: list[int] = field(default_factory=list)
    first_misread: MisreadValue | None = None
    #: Line of a header among the rows whose names are not the list's.
    other_header: int | None = None

    def add_block(self, counts: BlockCounts, batch: int = 0) -> None:
        """Count the accepted rows of a block.

        :param batch: index of their batch; the last one so far, or the next.
        """
        import numpy as np

        segments = counts.segments
        most = int(segments.max())
        if most > self.worst_segments:
            self.worst_segments, self.worst_line = most, int(counts.lines[segments.argmax()])
        self._sizes(batch).update(_by_size(counts.destinations, segments))
        if counts.gsm7_segments is not None:
            self.unicode_rows += len(segments)
            self.gsm7_sizes.update(_by_size(counts.destinations, counts.gsm7_segments))
        if counts.ends is not None:
            first = int(counts.ends.min())
            self.ends[batch] = min(first, self.ends.get(batch, first))
        if counts.zones is not None:
            self.zones.update({at: rows for at, rows in enumerate(np.bincount(counts.zones).tolist()) if rows})
        for name, rows in zip(self.used, counts.empty, strict=True):
            self.empty[name] += rows
        if counts.without_plus is not None:
            found, rows_of = np.unique(counts.destinations[counts.without_plus], return_counts=True)
            self.without_plus.update(dict(zip(found.tolist(), rows_of.tolist(), strict=True)))
        if counts.made_up is not None:
            self.made_up_rows += int(np.count_nonzero(counts.made_up))
            self.made_up_lines += counts.lines[counts.made_up][: _FIRST_LINES - len(self.made_up_lines)].tolist()

    def cost(self, rates: Rates | None = None) -> ListCost:
        """Compute the totals under the manifest's names, and the credits of each batch.

        :param rates: credits per segment by destination ("33", "1", "1 CA"), or a function of those found. A country
            that shares its calling code has the code's own rate by default; all others cost 1.
        """
        sizes: Counter[tuple[int, int]] = sum(self.batches, Counter())
        segments: Counter[int] = Counter()
        found: Counter[int] = Counter()
        segments_to: Counter[int] = Counter()
        for (destination, size), rows in sizes.items():
            segments[size] += rows
            found[destination] += rows
            segments_to[destination] += size * rows
        # by calling code, and by country if several share it
        countries = _by_name(found)
        if callable(rates):
            rates = rates(list(countries))
        manifest = {
            "rows": self.rows,
            "segments": dict(sorted(segments.items())),
            "credits": _credits(sizes, rates or {}),
            "worst_segments": self.worst_segments,
            "worst_line": self.worst_line,
            "unicode_rows": self.unicode_rows,
            "foreign_rows": found.total() - found[FRANCE],
            "countries": countries,
            "country_segments": _by_name(segments_to),
            "without_plus": _by_name(self.without_plus),
            "made_up_rows": self.made_up_rows,
            "made_up_lines": self.made_up_lines,
            "rejected_characters": dict(sorted(self.rejected_characters.items(), key=lambda item: (-item[1], item[0]))),
            "empty_values": {name: self.empty[name] for name in self.used if self.empty[name]},
        }
        batch_credits = [_credits(each, rates or {}) for each in self.batches]
        return ListCost(manifest, batch_credits, _credits(self.gsm7_sizes, rates or {}))

    def _sizes(self, batch: int) -> Counter[tuple[int, int]]:
        if batch == len(self.batches):
            self.batches.append(Counter())
        return self.batches[batch]


def _by_size(destinations: Any, segments: Any) -> dict[tuple[int, int], int]:
    """Rows by destination and segments."""
    import numpy as np

    most = int(segments.max())
    times = np.bincount(destinations * (most + 1) + segments)
    return {divmod(at, most + 1): int(times[at]) for at in np.flatnonzero(times).tolist()}


def _by_name(found: Counter[int]) -> dict[str, int]:
    """Rows, or segments, by the names of their destinations."""
    return {destination_name(each): found[each] for each in sorted(found, key=lambda at: (at % 1_000, at))}


def _credits(sizes: Mapping[tuple[int, int], int], rates: Mapping[str, float]) -> float:
    """The sum of all segments, each at its destination's rate; a whole number stays one."""
    cost = math.fsum(size * rows * _rate(destination, rates) for (destination, size), rows in sorted(sizes.items()))
    return int(cost) if cost.is_integer() else cost


def _rate(destination: int, rates: Mapping[str, float]) -> float:
    name = destination_name(destination)
    return rates.get(name, rates.get(name.split(" ")[0], 1))
