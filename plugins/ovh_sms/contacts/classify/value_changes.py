"""Counts the values that were changed, such as by transliteration; the values are never shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ovh_sms.contacts.classify.value_rules import ValueChange


@dataclass
class ValueChanges:
    """Values of used columns that are changed, over all readable rows of a contact list.

    :param transliterated: rows by character that is replaced; ``stand_ins`` has what stands for it.
    :param by_column: for each change, rows by column.
    """

    transliterated: Counter[str] = field(default_factory=Counter)
    stand_ins: dict[str, str] = field(default_factory=dict)
    by_column: dict[ValueChange, Counter[str]] = field(
        default_factory=lambda: {each: Counter() for each in ValueChange}
    )

    def add(self, replaced: Mapping[tuple[str, str], int], changed: Mapping[str, Counter[ValueChange]]) -> None:
        """Count some rows.

        :param replaced: rows by character and what stands for it.
        :param changed: for each column, rows by what was done to its value.
        """
        for (character, stand_in), rows in replaced.items():
            self.stand_ins[character] = stand_in
            self.transliterated[character] += rows
        for column, times in changed.items():
            for change, rows in times.items():
                self.by_column[change][column] += rows

    def sort(self, used: Iterable[str]) -> None:
        """Sort the counts, so that their order depends on the contact list alone."""
        self.transliterated = Counter(dict(sorted(self.transliterated.items())))
        self.stand_ins = dict(sorted(self.stand_ins.items()))
        used = tuple(used)
        for change, rows in self.by_column.items():
            self.by_column[change] = Counter({name: rows[name] for name in used if rows[name]})

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON values; single characters are no personal data.

        :returns: ``transliterated``: ``{character: {"to", "rows"}}``; ``filled``, ``repaired``, ``missing``,
            ``unescaped`` and ``encoded``: ``{column: rows}``.
        """
        replaced = {
            character: {"to": self.stand_ins[character], "rows": rows}
            for character, rows in self.transliterated.most_common()
        }
        counts = {str(change.name).lower(): dict(rows) for change, rows in self.by_column.items()}
        return {"transliterated": replaced, **counts}
