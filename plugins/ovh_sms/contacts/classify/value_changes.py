"""Counts the values changed by transliteration and by the text for empty values; the values are never shown."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.csv_fields import line_breaks_in
from ovh_sms.messaging.misread_text import repair
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
    :param repaired: rows by column, in whose value misread characters were repaired.
    """

    transliterated: Counter[str] = field(default_factory=Counter)
    stand_ins: dict[str, str] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)

    def add(
        self, replaced: Mapping[tuple[str, str], int], filled: Mapping[str, int], repaired: Mapping[str, int]
    ) -> None:
        """Count some rows."""
        for (character, stand_in), rows in replaced.items():
            self.stand_ins[character] = stand_in
            self.transliterated[character] += rows
        self.filled.update({name: rows for name, rows in filled.items() if rows})
        self.repaired.update({name: rows for name, rows in repaired.items() if rows})

    def sort(self, used: Iterable[str]) -> None:
        """Sort the counts, so that their order depends on the contact list alone."""
        self.transliterated = Counter(dict(sorted(self.transliterated.items())))
        self.stand_ins = dict(sorted(self.stand_ins.items()))
        used = tuple(used)
        self.filled = Counter({name: self.filled[name] for name in used if name in self.filled})
        self.repaired = Counter({name: self.repaired[name] for name in used if name in self.repaired})

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON values; single characters are no personal data.

        :returns: ``transliterated``: ``{character: {"to", "rows"}}``, ``filled`` and ``repaired``: ``{column: rows}``.
        """
        replaced = {
            character: {"to": self.stand_ins[character], "rows": rows}
            for character, rows in self.transliterated.most_common()
        }
        return {"transliterated": replaced, "filled": dict(self.filled), "repaired": dict(self.repaired)}


def changes_to_count(options: ContactOptions) -> ValueChanges | None:
    """Return empty counts, or None if the options change no value."""
    return ValueChanges() if options.transliterate or options.empty_text or options.repair_encoding else None


def readable(value: str, options: ContactOptions) -> tuple[str, bool]:
    """Write a value composed (NFC) and trimmed, its line breaks as line feeds or blanks, repaired if asked.

    :returns: the value, and whether misread characters were repaired.
    """
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    repaired = False
    if options.repair_encoding and not text.isascii():
        text, before = repair(text), text
        repaired = text != before
    text = text.strip()
    if "\n" in text or "\r" in text:
        lines = [line.strip() for line in line_breaks_in(text)]
        text = " ".join(filter(None, lines)) if options.line_breaks == "blank" else "\n".join(lines)
    return text, repaired


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
