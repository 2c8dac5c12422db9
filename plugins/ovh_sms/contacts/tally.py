"""Counts what the accepted rows of a list cost, while they pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ovh_sms.contacts.judge import Accepted
from ovh_sms.messaging.numbers import takes_stop_clause


@dataclass
class Tally:
    """Running totals of one preparation.

    :param used: columns the message uses, without the number.
    """

    used: Sequence[str]
    rows: int = 0
    parts: Counter[int] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    worst_parts: int = 0
    worst_line: int | None = None
    unicode_rows: int = 0
    foreign_rows: int = 0

    def add(self, row: Accepted) -> None:
        """Count one accepted row.

        :param row: the row.
        """
        size = row.size
        self.parts[size.parts] += 1
        self.unicode_rows += size.unicode
        self.foreign_rows += not takes_stop_clause(row.number)
        if size.parts > self.worst_parts:
            self.worst_parts, self.worst_line = size.parts, row.line
        for name, value in zip(self.used, row.values, strict=True):
            if not value:
                self.empty[name] += 1

    def totals(self) -> dict[str, Any]:
        """Give the totals under the manifest's names.

        :returns: keyword arguments of :class:`~ovh_sms.contacts.prepared.PreparedList`.
        """
        return {
            "rows": self.rows,
            "parts": dict(sorted(self.parts.items())),
            "credits": sum(parts * rows for parts, rows in self.parts.items()),
            "worst_parts": self.worst_parts,
            "worst_line": self.worst_line,
            "unicode_rows": self.unicode_rows,
            "foreign_rows": self.foreign_rows,
            "empty_values": {name: self.empty[name] for name in self.used if self.empty[name]},
        }
