"""Counts the values changed by transliteration and by the text for empty values; the values are never shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.segments import is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7

#: Characters that are replaced, each with what stands for it.
Replaced = frozenset[tuple[str, str]]
NONE_REPLACED: Replaced = frozenset()


class ChangedValue(NamedTuple):
    """A value after the options' changes, the replaced characters, and whether it gets the default text."""

    text: str
    replaced: Replaced
    filled: bool


@dataclass
class ValueChanges:
    """Values of used columns that are changed, over all readable rows of a contact list.

    :param filled: rows by column, whose empty value gets the campaign's text.
    """

    transliterated: Counter[str] = field(default_factory=Counter)
    stand_ins: dict[str, str] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)

    def add(self, replaced: Mapping[tuple[str, str], int], filled: Mapping[str, int]) -> None:
        """Count some rows."""
        for (character, stand_in), rows in replaced.items():
            self.stand_ins[character] = stand_in
            self.transliterated[character] += rows
        for name, rows in filled.items():
            if rows:
                self.filled[name] += rows

    def sort(self, used: Iterable[str]) -> None:
        """Sort the counts, so that their order depends on the contact list alone."""
        self.transliterated = Counter(dict(sorted(self.transliterated.items())))
        self.stand_ins = dict(sorted(self.stand_ins.items()))
        self.filled = Counter({name: self.filled[name] for name in used if name in self.filled})

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON values; single characters are no personal data.

        :returns: ``transliterated``: ``{character: {"to", "rows"}}``, ``filled``: ``{column: rows}``.
        """
        replaced = {
            character: {"to": self.stand_ins[character], "rows": rows}
            for character, rows in self.transliterated.most_common()
        }
        return {"transliterated": replaced, "filled": dict(self.filled)}


def changes_to_count(options: ContactOptions) -> ValueChanges | None:
    """Return empty counts, or None if the options change no value."""
    return ValueChanges() if options.transliterate or options.empty_text else None


def change(value: str, options: ContactOptions) -> ChangedValue:
    """Change one value as the options ask; the text for empty values is not inserted here."""
    replaced = NONE_REPLACED
    if options.transliterate and not is_gsm7(value):
        value, stand_ins = to_gsm7(value)
        value = value.strip()
        replaced = _one(frozenset(pair for pair in stand_ins.items() if pair[0] != pair[1]))
    return ChangedValue(value, replaced, bool(options.empty_text) and not value)


@lru_cache(maxsize=4096)
def _one(replaced: Replaced) -> Replaced:
    """Return equal sets as one object: many values are remembered, and few sets differ."""
    return replaced
