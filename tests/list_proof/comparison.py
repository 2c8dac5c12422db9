"""Compares a prepared list with the true table: every text must be meant, and every row accounted for."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from list_proof.drafts import Draft, Line
from list_proof.true_tables import Person

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
#: The GSM alphabet, with its extension.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
#: How the characters of the true tables are written in it.
SPELT = {"œ": "oe", "Œ": "OE", "’": "'", "°": "o"}


@dataclass
class Counts:
    """Counts of one list, or of several."""

    lists: int = 0
    refused: int = 0
    rows: int = 0
    refused_rows: int = 0
    rejected: int = 0
    wrong_text: int = 0
    wrong_person: int = 0
    unaccounted: int = 0
    needless: int = 0
    crashed: int = 0
    about: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        for name, value in vars(other).items():
            if name != "about":
                setattr(self, name, getattr(self, name) + value)

    @property
    def breaches(self) -> int:
        return self.wrong_text + self.wrong_person + self.unaccounted + self.crashed

    def note(self, text: str) -> None:
        if len(self.about) < 40:
            self.about.append(text)


def compare(draft: Draft, prepared: Any) -> Counts:
    """Compare the outcome of a list's preparation with its true table."""
    people = sum(line.person is not None for line in draft.lines)
    if prepared.error:
        return Counts(lists=1, refused=1, refused_rows=people, about=[f"refused: {prepared.error}"])
    counts = Counts(lists=1, rows=people, rejected=len(prepared.rejects))
    meant = meant_texts(draft)
    everybody = set().union(*meant.values())
    accepted: Counter[str] = Counter()
    for row in prepared.receivers:
        number, text = row["number"], merged(draft.table.message, row)
        accepted[number] += 1
        if accepted[number] == 1 and text in meant.get(number, ()):
            continue
        other = text in everybody
        counts.wrong_person, counts.wrong_text = counts.wrong_person + other, counts.wrong_text + (not other)
        counts.note(f"wrong: {number} gets {text!r}, meant {sorted(meant.get(number, ()))}")
    _account(draft, prepared, accepted, counts)
    return counts


def merged(message: str, values: dict[str, str]) -> str:
    """Merge values into a message."""
    for name, value in values.items():
        message = message.replace(f"#{name}#", value)
    return message


def meant_texts(draft: Draft) -> dict[str, set[str]]:
    """The texts that each number may receive."""
    texts: dict[str, set[str]] = {}
    for line in draft.lines:
        if line.person and not line.silent:
            for person in (line.person, *line.also):
                texts.setdefault(person.number, set()).add(meant_text(draft, person))
    return texts


def meant_text(draft: Draft, person: Person) -> str:
    values = dict(person.values)
    for name, text in values.items():
        if draft.options.get("line_breaks") == "blank":
            text = text.replace("\n", " ")
        values[name] = spelt(text) if draft.options.get("transliterate") else text
    return draft.table.text(Person(person.number, person.written, values))


def spelt(text: str) -> str:
    """Write a value in the GSM alphabet, as far as that is possible."""
    return "".join(_letter(each) for each in text)


def _letter(each: str) -> str:
    if each in GSM:
        return each
    base = unicodedata.normalize("NFD", each)[0]
    return SPELT.get(each, base if base in GSM else each)


def placed(draft: Draft) -> Iterator[tuple[int, int, Line]]:
    """The lines below the header, each with the first and the last line that it fills in the file."""
    at, seen = 1, False
    if draft.kind == "csv" and draft.dialect.stated:
        at = 2
    for line in draft.every_line():
        inside, after = 0, 1
        if draft.kind == "csv":
            inside = len(_LINE_BREAK.findall(draft.written(line)))
            after = inside + 1
        if seen:
            yield at, at + inside, line
        seen = seen or line is draft.header
        at += after


def _account(draft: Draft, prepared: Any, accepted: Counter[str], counts: Counts) -> None:
    """Find every row in the prepared list or the rejects: each has exactly one place."""
    rejected = Counter(line for line, _, _ in prepared.rejects)
    reasons = {line: f"{reason} {value!r}" for line, reason, value in prepared.rejects}
    left, held = Counter(accepted), 0
    for first, last, line in placed(draft):
        if not line.counts:
            continue
        held += 1
        where = next((at for at in range(first, last + 1) if rejected[at]), None)
        number = line.person.number if line.person else ""
        if where is None and left[number]:
            left[number] -= 1
        elif where is None:
            counts.unaccounted += 1
            counts.note(f"unaccounted: line {first}, {line.cells}")
        elif line.person and not line.touched and not accepted[number] and is_sendable(draft, line.person):
            counts.needless += 1
            counts.note(f"needless: line {first}, {line.cells}: {reasons[where]}")
    extra = prepared.rows - held
    if prepared.rows != len(prepared.receivers) + len(prepared.rejects) or extra:
        counts.unaccounted += max(abs(extra), 1)
        counts.note(f"unaccounted: {prepared.rows} rows of {held}")


def is_sendable(draft: Draft, person: Person) -> bool:
    """Return whether OVH takes the values in a list."""
    values = [person.values[name] for name in draft.table.used]
    return all(set(spelt(each) if draft.options.get("transliterate") else each) <= GSM for each in values)
