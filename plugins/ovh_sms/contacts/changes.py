"""What transliteration and the text for empty values change in a list: counted while it is read, never shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.parts import is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7

#: Characters that are replaced, each with what stands for it.
Replaced = frozenset[tuple[str, str]]
NONE_REPLACED: Replaced = frozenset()


class Changed(NamedTuple):
    """One value in the GSM alphabet where that is asked for, what was replaced, and whether the text fills it."""

    text: str
    replaced: Replaced
    filled: bool


@dataclass
class Changes:
    """How values that the message uses are changed, over all rows of a list that can be read.

    :param transliterated: rows by character, of the characters that are replaced.
    :param stand_ins: what stands for each of them.
    :param filled: rows by column, whose empty value gets the campaign's text.
    """

    transliterated: Counter[str] = field(default_factory=Counter)
    stand_ins: dict[str, str] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)

    def add_row(self, values: Iterable[tuple[str, str]], options: ContactOptions) -> None:
        """Count one row, accepted or rejected.

        :param values: column and value, of the columns that the message uses.
        :param options: as the list is prepared with.
        """
        replaced = NONE_REPLACED
        for name, value in values:
            changed = change(value.strip(), options)
            replaced |= changed.replaced
            if changed.filled:
                self.filled[name] += 1
        self.add(dict.fromkeys(replaced, 1), {})

    def add(self, replaced: Mapping[tuple[str, str], int], filled: Mapping[str, int]) -> None:
        """Count some rows.

        :param replaced: rows by character and what stands for it.
        :param filled: rows by column.
        """
        for (character, stand_in), rows in replaced.items():
            self.stand_ins[character] = stand_in
            self.transliterated[character] += rows
        for name, rows in filled.items():
            if rows:
                self.filled[name] += rows

    def settle(self, used: Iterable[str]) -> None:
        """Sort the counts, so that equal ones come in an order that depends on the list alone.

        :param used: the columns that the message uses, in its order.
        """
        self.transliterated = Counter(dict(sorted(self.transliterated.items())))
        self.stand_ins = dict(sorted(self.stand_ins.items()))
        self.filled = Counter({name: self.filled[name] for name in used if name in self.filled})

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain JSON values; single characters, so no person's data.

        :returns: ``transliterated``: ``{character: {"to", "rows"}}``, ``filled``: ``{column: rows}``.
        """
        replaced = {
            character: {"to": self.stand_ins[character], "rows": rows}
            for character, rows in self.transliterated.most_common()
        }
        return {"transliterated": replaced, "filled": dict(self.filled)}


def asked_changes(options: ContactOptions) -> Changes | None:
    """Begin to count what the options change in a list.

    :param options: as the list is prepared with.
    :returns: counts to be filled; None where the options change nothing.
    """
    return Changes() if options.transliterate or options.empty_text else None


def change(value: str, options: ContactOptions) -> Changed:
    """Change one value as the options ask; a text for empty values is told, not put in.

    :param value: a value without blanks around it.
    :param options: as the list is prepared with.
    :returns: the value, again without blanks around it, and what became of it.
    """
    replaced = NONE_REPLACED
    if options.transliterate and not is_gsm7(value):
        value, stand_ins = to_gsm7(value)
        value = value.strip()
        replaced = _one(frozenset(pair for pair in stand_ins.items() if pair[0] != pair[1]))
    return Changed(value, replaced, bool(options.empty_text) and not value)


@lru_cache(maxsize=4096)
def _one(replaced: Replaced) -> Replaced:
    """Give equal sets as one object: many values are remembered, and few sets differ."""
    return replaced
