"""The texts that receivers of a prepared list would read: the first, shortest and longest one, or the first few."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.messaging.mail_merge import occurrences, render

#: What a text stands for.
FIRST, SHORTEST, LONGEST = "first", "shortest", "longest"


@dataclass(frozen=True, kw_only=True)
class MergedText:
    """The text of one receiver of a prepared list.

    :param kinds: what it stands for: ``first``, ``shortest``, ``longest``, several of them, or none.
    :param number: of its receiver, E.164.
    :param values: of the receiver's row, by column.
    """

    kinds: tuple[str, ...] = ()
    number: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)


def notable_texts(prepared: PreparedList, message: str) -> list[MergedText]:
    """Return the first, the shortest and the longest text of a list, by their characters; equal ones once.

    :param message: the campaign's message as it was published.
    :returns: one to three texts; none if the list is empty.
    :raises OSError: a file of the list is gone.
    """
    counts = occurrences(message)
    found: dict[str, tuple[int, MergedText]] = {}
    for values in _rows(prepared):
        length = sum(len(values.get(name, "")) * times for name, times in counts.items())
        wanted = [] if found else [FIRST]
        wanted += [SHORTEST] if SHORTEST not in found or length < found[SHORTEST][0] else []
        wanted += [LONGEST] if LONGEST not in found or length > found[LONGEST][0] else []
        if wanted:
            row = _merged(message, values)
            found.update(dict.fromkeys(wanted, (length, row)))
    texts: dict[str, MergedText] = {}
    for kind, (_, row) in found.items():
        same = texts.setdefault(row.text, row)
        texts[row.text] = replace(same, kinds=(*same.kinds, kind))
    return list(texts.values())


def first_texts(prepared: PreparedList, message: str, most: int) -> list[MergedText]:
    """Return the first texts of a list.

    :param most: so many at most.
    :raises OSError: a file of the list is gone.
    """
    rows = _rows(prepared)
    return [_merged(message, values) for _, values in zip(range(most), rows, strict=False)]


def _merged(message: str, values: Mapping[str, str]) -> MergedText:
    return MergedText(number=values["number"], values=values, text=render(message, values))


def _rows(prepared: PreparedList) -> Iterator[dict[str, str]]:
    """The values of each receiver, by column, batch after batch."""
    for batch in prepared.batches:
        with batch.list_path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=";")
            header = next(rows)
            for row in rows:
                yield dict(zip(header, row, strict=True))
