"""What transliteration and the text for empty values change in a list: counted, never shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ovh_sms.contacts.convert import LocalList
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.reader import open_contacts
from ovh_sms.messaging.merge import placeholders
from ovh_sms.messaging.parts import is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7


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

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain JSON values; single characters, so no person's data.

        :returns: ``transliterated``: ``{character: {"to", "rows"}}``, ``filled``: ``{column: rows}``.
        """
        replaced = {
            character: {"to": self.stand_ins[character], "rows": rows}
            for character, rows in self.transliterated.most_common()
        }
        return {"transliterated": replaced, "filled": dict(self.filled)}


def count_changes(source: LocalList, *, message: str, options: ContactOptions) -> Changes | None:
    """Count what the options change in a list, by reading it once more.

    :param source: the list.
    :param message: the campaign's message, whose columns are looked at.
    :param options: as the list is prepared with.
    :returns: the counts, over accepted and rejected rows; None where the options change nothing.
    :raises ContactsError: the list cannot be read.
    """
    if not (options.transliterate or options.empty_text):
        return None
    found = Changes()
    with open_contacts(source.path, source.options(options)) as table:
        used = [(name, table.columns.index(name)) for name in placeholders(message) if name in table.columns]
        for record in table.records:
            if record.broken:
                continue
            seen: set[str] = set()
            for name, index in used:
                _count(found, seen, name, record.fields[index].strip(), options)
            found.transliterated.update(seen)
    return found


def _count(found: Changes, seen: set[str], name: str, value: str, options: ContactOptions) -> None:
    if options.transliterate and not is_gsm7(value):
        value, replaced = to_gsm7(value)
        for character, stand_in in replaced.items():
            if character != stand_in:
                found.stand_ins[character] = stand_in
                seen.add(character)
    if options.empty_text and not value.strip():
        found.filled[name] += 1
