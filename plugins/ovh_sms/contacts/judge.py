"""Decides row by row who gets an SMS; plain and slow, so that a faster engine can be checked against it.

The first of these reasons that applies is the row's: broken row, reason of the number, suppressed, a used value
with a line break (broken row), with a spreadsheet's error, empty where that is refused, or not GSM-7, duplicate. A
row is a duplicate if its number was *accepted* from an earlier row, so a row that was rejected for a bad value does
not keep a later good one from its SMS.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ovh_sms.contacts.changes import Changes
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.records import Record
from ovh_sms.messaging.merge import render
from ovh_sms.messaging.numbers import EVERY_TYPE, is_cell_error, normalise, takes_stop_clause
from ovh_sms.messaging.parts import MessageSize, is_gsm7, measure
from ovh_sms.messaging.reasons import RejectReason
from ovh_sms.messaging.transliterate import to_gsm7


class Accepted(NamedTuple):
    """A row that gets an SMS: its E.164 number, the used values in the message's order, and the merged size."""

    line: int
    number: str
    values: tuple[str, ...]
    size: MessageSize


class Rejected(NamedTuple):
    """A row that gets none: the column and value at fault (no column for a broken row) and the reason."""

    line: int
    column: str
    value: str
    reason: RejectReason


class RowJudge:
    """Judges the rows of one list, in the file's order.

    :param columns: the list's columns.
    :param number_index: the number's position in them.
    :param used: names of the columns the message uses, other than ``number``.
    :param message: the campaign's message.
    :param stop_clause: whether OVH appends the STOP clause for French receivers.
    :param options: which numbers get an SMS, and what becomes of values.
    :param suppressed: numbers that get no SMS, in any form.
    :param changes: counts what the options change in values, where given.
    """

    def __init__(
        self,
        *,
        columns: Sequence[str],
        number_index: int,
        used: Sequence[str],
        message: str,
        stop_clause: bool,
        options: ContactOptions,
        suppressed: Collection[str],
        changes: Changes | None = None,
    ) -> None:
        self._number_index = number_index
        self._number_column = columns[number_index]
        self.used = tuple(used)
        self._used = [(name, columns.index(name)) for name in used]
        self._message = message
        self._stop_clause = stop_clause
        self._options = options
        self._changes = changes
        self._suppressed = suppressed_numbers(suppressed, region=options.region)
        self._seen: set[int] = set()

    def judge(self, record: Record) -> Accepted | Rejected:
        """Decide on one row.

        :param record: the row.
        :returns: what is written to the prepared list, or to the rejects.
        """
        if record.broken:
            return Rejected(record.line, "", " | ".join(record.fields), RejectReason.BROKEN_ROW)
        if self._changes is not None:
            given = [(name, record.fields[index]) for name, index in self._used]
            self._changes.add_row(given, self._options)
        raw = record.fields[self._number_index].strip()
        number, reason = normalise(
            raw,
            region=self._options.region,
            allow_fiction=self._options.allow_fiction,
            also_accept=self._options.also_accept,
        )
        if number is None:
            return self._reject_number(record, raw, reason or RejectReason.INVALID_NUMBER)
        key = int(number[1:])
        if key in self._suppressed:
            return self._reject_number(record, raw, RejectReason.SUPPRESSED)
        values = self._values(record)
        if isinstance(values, Rejected):
            return values
        if key in self._seen:
            return self._reject_number(record, raw, RejectReason.DUPLICATE)
        self._seen.add(key)
        merged = render(self._message, {**dict(zip(self.used, values, strict=True)), "number": number})
        size = measure(merged, stop_clause=self._stop_clause and takes_stop_clause(number))
        return Accepted(record.line, number, tuple(values), size)

    def _values(self, record: Record) -> list[str] | Rejected:
        """Read the used values, each as it will be written, or tell the first that keeps the row from its SMS."""
        values: list[str] = []
        for name, index in self._used:
            value = record.fields[index].strip()
            if "\n" in value or "\r" in value:
                return Rejected(record.line, name, value, RejectReason.BROKEN_ROW)
            if is_cell_error(value):
                return Rejected(record.line, name, value, RejectReason.SPREADSHEET_DAMAGE)
            if self._options.transliterate:
                value = to_gsm7(value)[0].strip()
            if not value and self._options.empty == "reject":
                return Rejected(record.line, name, value, RejectReason.EMPTY_VALUE)
            value = value or self._options.empty_text or ""
            if not is_gsm7(value):
                return Rejected(record.line, name, value, RejectReason.NOT_GSM7)
            values.append(value)
        return values

    def _reject_number(self, record: Record, raw: str, reason: RejectReason) -> Rejected:
        return Rejected(record.line, self._number_column, raw, reason)


def suppressed_numbers(numbers: Collection[str], *, region: str) -> set[int]:
    """Read a suppression list in whatever form its numbers have.

    :param numbers: OVH's blacklist, or a list of a person's own.
    :param region: region of national forms.
    :returns: the numbers as integers without ``+``; entries that are no number can match nobody.
    """
    found = set()
    for entry in numbers:
        if entry.startswith("+") and entry[1:].isascii() and entry[1:].isdigit():
            found.add(int(entry[1:]))
            continue
        number = normalise(entry, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164
        if number:
            found.add(int(number[1:]))
    return found
