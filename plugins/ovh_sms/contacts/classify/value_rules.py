"""The rules for one value that the message uses: what is written for it, or why its row is rejected."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.csv_fields import line_breaks_in
from ovh_sms.contacts.read.csv_records import is_number_like
from ovh_sms.messaging.escaped_text import find_escaped, unescape_text
from ovh_sms.messaging.misread_text import find_misread, repair
from ovh_sms.messaging.phone_numbers import is_cell_error
from ovh_sms.messaging.placeholder_dialects import is_dialect_placeholder
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import GSM7_EXTENSION, is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7
from ovh_sms.messaging.web_addresses import encode_for_address, fits_address

#: Characters that are replaced, each with what stands for it.
Replaced = frozenset[tuple[str, str]]
NONE_REPLACED: Replaced = frozenset()


class ValueChange(IntFlag):
    """A change of a value, beside transliteration."""

    FILLED = 1
    REPAIRED = 2
    MISSING = 4
    UNESCAPED = 8
    ENCODED = 16


@dataclass(frozen=True, kw_only=True)
class ColumnUse:
    """The place of a column in a message.

    :param in_address: whether its values stand in a web address.
    :param path: whether they may hold ``/`` there.
    :param columns: names of the list's columns that the message uses.
    """

    in_address: bool = False
    path: bool = False
    columns: tuple[str, ...] = ()


class ReadValue(NamedTuple):
    """A value by the rules.

    ``written`` is quoted if need be, ``characters`` counts each character once, ``pairs`` those of two septets.
    """

    text: str
    written: str
    characters: int
    pairs: int
    reason: RejectReason | None
    replaced: Replaced
    changes: ValueChange
    sharps: int


def read_value(value: str, options: ContactOptions, use: ColumnUse) -> ReadValue:
    """Read one value by the rules."""
    text, changes = _readable(value, options)
    if text in options.missing:
        text, changes = "", changes | ValueChange.MISSING
    reason = _reason_to_reject(text, options, use)
    changed, replaced = _transliterated(text) if options.transliterate else (text, NONE_REPLACED)
    if options.empty_text and not changed:
        text, changed = text if reason else options.empty_text, options.empty_text
        changes |= ValueChange.FILLED
    if reason is None and use.in_address and not fits_address(text, path=use.path):
        reason = None if options.encode_addresses else RejectReason.ADDRESS_VALUE
        if reason is None:
            changed, replaced = encode_for_address(text, path=use.path), NONE_REPLACED
            changes |= ValueChange.ENCODED
    if reason is None:
        text = changed
        if not text and options.empty == "reject":
            reason = RejectReason.EMPTY_VALUE
        else:
            reason = None if is_gsm7(text) else RejectReason.NOT_GSM7
    pairs = 0 if GSM7_EXTENSION.isdisjoint(text) else sum(c in GSM7_EXTENSION for c in text)
    quoted = ";" in text or '"' in text or "\n" in text
    written = '"' + text.replace('"', '""') + '"' if quoted else text
    return ReadValue(text, written, len(text), pairs, reason, replaced, changes, text.count("#"))


def _reason_to_reject(text: str, options: ContactOptions, use: ColumnUse) -> RejectReason | None:
    """The reason for which no change can help."""
    if "\n" in text and (options.line_breaks == "reject" or _may_be_taken_for_rows(text)):
        return RejectReason.LINE_BREAK
    if is_cell_error(text):
        return RejectReason.SPREADSHEET_DAMAGE
    if find_misread(text):
        return RejectReason.MISREAD_TEXT
    if find_escaped(text) and not (use.in_address and fits_address(text, path=use.path)):
        return RejectReason.ESCAPED_TEXT
    if text.count("#") > 1 or is_dialect_placeholder(text, use.columns):
        return RejectReason.LOOKS_LIKE_PLACEHOLDER
    return None


def _readable(value: str, options: ContactOptions) -> tuple[str, ValueChange]:
    """Write a value composed (NFC) and trimmed, its line breaks as line feeds or blanks, repaired if asked."""
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    changes = ValueChange(0)
    if options.repair_encoding and not text.isascii():
        text, before = repair(text), text
        changes |= ValueChange.REPAIRED if text != before else 0
    if options.escaped_text == "decode":
        text, before = unescape_text(text), text
        changes |= ValueChange.UNESCAPED if text != before else 0
    text = text.strip()
    if "\n" in text or "\r" in text:
        lines = [line.strip() for line in line_breaks_in(text)]
        text = " ".join(filter(None, lines)) if options.line_breaks == "blank" else "\n".join(lines)
    return text, changes


def _transliterated(text: str) -> tuple[str, Replaced]:
    """A value in the GSM alphabet, and the characters replaced in it."""
    if is_gsm7(text):
        return text, NONE_REPLACED
    written, stand_ins = to_gsm7(text)
    return written.strip(), _one(frozenset(pair for pair in stand_ins.items() if pair[0] != pair[1]))


def _may_be_taken_for_rows(text: str) -> bool:
    """Return whether a reader that ignores quotes, as OVH's may, would take a line of a value for a receiver."""
    return any(is_number_like(line.partition(";")[0]) for line in text.split("\n")[1:])


@lru_cache(maxsize=4096)
def _one(replaced: Replaced) -> Replaced:
    """Return equal sets as one object: many values are remembered, and few sets differ."""
    return replaced
