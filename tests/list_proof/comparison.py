"""Compares a prepared list with the true table: every text must be meant, and every row accounted for."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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
#: Counts that must be 0.
BREACHES = ("wrong_text", "wrong_person", "unaccounted", "crashed", "sound_refused", "wrong_reason", "unreported")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_NO_ADDRESS = frozenset(' \t\n"<>\\^`{|}')


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
    sound_refused: int = 0
    wrong_reason: int = 0
    unreported: int = 0
    about: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        for name, value in vars(other).items():
            if name != "about":
                setattr(self, name, getattr(self, name) + value)

    @property
    def breaches(self) -> int:
        return sum(getattr(self, name) for name in BREACHES)

    def note(self, text: str) -> None:
        if len(self.about) < 40:
            self.about.append(text)


def compare(draft: Draft, prepared: Any) -> Counts:
    """Compare the outcome of a list's preparation with its true table."""
    people = sum(line.person is not None for line in draft.lines)
    if prepared.error:
        found = Counts(lists=1, refused=1, refused_rows=people, about=[f"refused: {prepared.error}"])
        found.sound_refused, found.wrong_reason = int(draft.must_be_read), int(draft.refusal not in prepared.error)
        return found
    counts = Counts(lists=1, rows=people, rejected=len(prepared.rejects))
    meant = meant_texts(draft)
    everybody = set().union(*meant.values())
    accepted: Counter[str] = Counter()
    for row in prepared.receivers:
        number, text = row["number"], merged(prepared.message, row)
        accepted[number] += 1
        if accepted[number] == 1 and text in meant.get(number, ()):
            continue
        other = text in everybody
        counts.wrong_person, counts.wrong_text = counts.wrong_person + other, counts.wrong_text + (not other)
        counts.note(f"wrong: {number} gets {text!r}, meant {sorted(meant.get(number, ()))}")
    _account(draft, prepared, accepted, counts)
    _compare_names(draft, prepared, counts)
    return counts


def _compare_names(draft: Draft, prepared: Any, counts: Counts) -> None:
    """OVH takes the names of the list's columns, and empty values that leave something odd are reported."""
    for name in prepared.receivers[0] if prepared.receivers else ():
        if not set(name) <= GSM:
            counts.wrong_text += len(prepared.receivers)
            counts.note(f"wrong: OVH may refuse a column that is called {name!r}")
    if draft.left_over is None:
        return
    empty = {name for row in prepared.receivers for name, value in row.items() if not value}
    if prepared.left_over != (expected := draft.left_over & empty):
        counts.unreported += 1
        counts.note(f"unreported: {prepared.left_over} leave something odd, not {expected}")


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
                texts.setdefault(person.number, set()).update(texts_of(draft, person))
    return texts


def texts_of(draft: Draft, person: Person) -> set[str]:
    """The texts that say to a person what the author means: a value may fit into a web address in two forms."""
    forms = [_forms(draft, name, person.values[name]) for name in draft.table.used]
    found = set()
    for chosen in itertools.product(*forms):
        values = dict(zip(draft.table.used, chosen, strict=True))
        found.add(draft.table.text(Person(person.number, person.written, values)))
    return found


def _forms(draft: Draft, name: str, text: str) -> list[str]:
    """The forms in which a value may be sent."""
    text = text or draft.options.get("empty_text", "")
    if name in draft.addresses:
        before = draft.addresses[name]
        return [encoded(text, before), text] if opens_alike(text, before) else [encoded(text, before)]
    if draft.options.get("line_breaks") == "blank":
        text = text.replace("\n", " ")
    return [spelt(text) if draft.options.get("transliterate") else text]


def encoded(value: str, before: str) -> str:
    """Write a value as RFC 3986 wants it in an address: each byte that is not unreserved as a percent sign and hex.

    :param before: the address so far; in its path, a slash divides.
    """
    plain = _UNRESERVED if "?" in before else _UNRESERVED | {"/"}
    return "".join(chr(each) if chr(each) in plain else f"%{each:02X}" for each in value.encode())


def opens_alike(value: str, before: str) -> bool:
    """Whether a server reads a value from an address in which it stands as it is."""
    if not value.isascii() or set(value) & _IN_NO_ADDRESS:
        return False
    address = urlsplit(before + value)
    if "?" in before:
        return parse_qs(address.query, keep_blank_values=True) == {"n": [value]} and not address.fragment
    return unquote(address.path).endswith(value) and not address.query and not address.fragment and "%" not in value


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
    reasons = {line: (reason, value) for line, reason, value in prepared.rejects}
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
            counts.sound_refused += draft.must_be_read
            counts.note(f"needless: line {first}, {line.cells}: {reasons[where]}")
        elif line.person and line.reason not in ("", reasons[where][0]) and is_sendable(draft, line.person):
            counts.wrong_reason += 1
            counts.note(f"wrong reason: line {first}, {line.cells}: {reasons[where]}, not {line.reason}")
    extra = prepared.rows - held
    if prepared.rows != len(prepared.receivers) + len(prepared.rejects) or extra:
        counts.unaccounted += max(abs(extra), 1)
        counts.note(f"unaccounted: {prepared.rows} rows of {held}")


def is_sendable(draft: Draft, person: Person) -> bool:
    """Return whether OVH takes the values in a list."""
    values = [person.values[name] for name in draft.table.used if name not in draft.addresses]
    return all(set(spelt(each) if draft.options.get("transliterate") else each) <= GSM for each in values)
