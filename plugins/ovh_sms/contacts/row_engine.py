"""Classifies a contact list row by row: for encodings and separators the block engine cannot read.

It is plain and slow; the tests compare the block engine with it.

The first of these reasons that applies is the row's: broken row, reason of the number, suppressed, a used value
with a line break (broken row), with a spreadsheet's error, empty if such rows are rejected, or not GSM-7, duplicate.
A row is a duplicate if its number was *accepted* from an earlier row: a row rejected for a bad value does not make a
later good one a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovh_sms.contacts.classified_rows import AcceptedRow, ClassificationRules, RejectedRow
from ovh_sms.contacts.contact_table import ContactTable
from ovh_sms.contacts.csv_records import Record
from ovh_sms.contacts.list_totals import ListTotals
from ovh_sms.contacts.prepared_files import PreparedFiles
from ovh_sms.contacts.suppression import suppressed_numbers
from ovh_sms.contacts.value_changes import ValueChanges
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.phone_numbers import is_cell_error, normalise, takes_stop_clause
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import is_gsm7, measure
from ovh_sms.messaging.transliterate import to_gsm7

_PROGRESS_ROWS = 1_000


def classify_rows(
    table: ContactTable,
    classifier: RowClassifier,
    files: PreparedFiles,
    progress: Callable[[int, int], None],
) -> ListTotals:
    """Classify, write and count every row of an open contact list.

    :param progress: called now and then with rows read and rows rejected so far.
    """
    totals = ListTotals(classifier.rules.used)
    for record in table.records:
        totals.rows += 1
        row = classifier.classify(record)
        if isinstance(row, AcceptedRow):
            totals.add(row, files.batches.add(row))
        else:
            files.reject(row)
        if totals.rows % _PROGRESS_ROWS == 0:
            progress(totals.rows, files.rejected.total())
    return totals


class RowClassifier:
    """Classifies the rows of one contact list, in the file's order.

    :param columns: the contact list's columns.
    :param changes: counts the values changed by the options, if given.
    """

    def __init__(
        self, rules: ClassificationRules, columns: Sequence[str], changes: ValueChanges | None = None
    ) -> None:
        self.rules = rules
        self._number_index = columns.index(rules.number_column)
        self._used = [(name, columns.index(name)) for name in rules.used]
        self._changes = changes
        self._suppressed = suppressed_numbers(rules.suppressed, region=rules.options.region)
        self._accepted: set[int] = set()

    def classify(self, record: Record) -> AcceptedRow | RejectedRow:
        """Classify one row."""
        rules = self.rules
        if record.broken:
            return RejectedRow(record.line, "", " | ".join(record.fields), RejectReason.BROKEN_ROW)
        if self._changes is not None:
            given = [(name, record.fields[index]) for name, index in self._used]
            self._changes.add_row(given, rules.options)
        raw = record.fields[self._number_index].strip()
        number, reason = normalise(
            raw,
            region=rules.options.region,
            allow_fiction=rules.options.allow_fiction,
            also_accept=rules.options.also_accept,
        )
        if number is None:
            return self._reject_number(record, raw, reason or RejectReason.INVALID_NUMBER)
        key = int(number[1:])
        if key in self._suppressed:
            return self._reject_number(record, raw, RejectReason.SUPPRESSED)
        values = self._values(record)
        if isinstance(values, RejectedRow):
            return values
        if key in self._accepted:
            return self._reject_number(record, raw, RejectReason.DUPLICATE)
        self._accepted.add(key)
        merged = render(rules.message, {**dict(zip(rules.used, values, strict=True)), "number": number})
        size = measure(merged, stop_clause=rules.stop_clause and takes_stop_clause(number))
        return AcceptedRow(record.line, number, tuple(values), size)

    def _values(self, record: Record) -> list[str] | RejectedRow:
        """Read the used values as they will be written, or reject the row for the first bad one."""
        options = self.rules.options
        values: list[str] = []
        for name, index in self._used:
            value = record.fields[index].strip()
            if "\n" in value or "\r" in value:
                return RejectedRow(record.line, name, value, RejectReason.BROKEN_ROW)
            if is_cell_error(value):
                return RejectedRow(record.line, name, value, RejectReason.SPREADSHEET_DAMAGE)
            if options.transliterate:
                value = to_gsm7(value)[0].strip()
            if not value and options.empty == "reject":
                return RejectedRow(record.line, name, value, RejectReason.EMPTY_VALUE)
            value = value or options.empty_text or ""
            if not is_gsm7(value):
                return RejectedRow(record.line, name, value, RejectReason.NOT_GSM7)
            values.append(value)
        return values

    def _reject_number(self, record: Record, raw: str, reason: RejectReason) -> RejectedRow:
        return RejectedRow(record.line, self.rules.number_column, raw, reason)
