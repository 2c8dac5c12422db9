"""Records of a CSV text, each with the line it starts on, also in a damaged text.

RFC 4180 decides what a record is: a line break inside quotes never begins another row. Python's own ``csv`` swallows
every row behind a quote that is never closed; here such a record is one broken row, and reading goes on with the very
next line. Where quotes have swallowed rows of other people, none of their lines is read as a row.

A line break without quotes cuts a row in two. Both halves are rejected if a value that the message uses may be cut.
Blank lines, and rows of nothing but separators, are no rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ovh_sms.contacts.read.csv_fields import QuotedScan, fields_of, line_breaks_in
from ovh_sms.messaging.reject_reasons import RejectReason

#: Most lines that one quoted record may span.
MAX_LINES = 100
_NUMBER_DIGITS, _FULL_NUMBER_DIGITS = 6, 8


class RowForm(NamedTuple):
    """The form that the header gives to the rows of a list.

    :param width: columns of the header.
    :param fields: most fields of a row; those behind the columns are blank.
    :param used: positions of the columns that the message uses.
    """

    separator: str
    width: int
    fields: int
    number_index: int
    used: frozenset[int] = frozenset()

    def begins_a_row(self, fields: Sequence[str]) -> bool:
        """Return whether the number's field is hardly anything else: no amount, and no date."""
        number = fields[self.number_index] if len(fields) > self.number_index else ""
        return is_number_like(number, _FULL_NUMBER_DIGITS) and "," not in number and "/" not in number

    def has_number(self, fields: Sequence[str]) -> bool:
        """Return whether the number's field seems to be one."""
        return len(fields) > self.number_index and is_number_like(fields[self.number_index])


class Record(NamedTuple):
    """One row of a contact list: the line it starts on, and its fields as written.

    :param fault: why it cannot be read; the fields are those between separators then.
    """

    line: int
    fields: list[str]
    fault: RejectReason | None = None

    @property
    def broken(self) -> bool:
        """True if it cannot be read."""
        return self.fault is not None

    @property
    def blank(self) -> bool:
        """True for an empty line, or one of separators only: it is no row."""
        return not any(field.strip() for field in self.fields)


class RecordReader:
    """Iterates over the records of a text.

    :param lines: the text's lines with their terminators (``\\n``, ``\\r\\n`` or ``\\r``).
    :param form: None while the header is read; the caller then sets it.
    :param ahead: the line behind the text's last one, if that is not the end of the list.
    """

    def __init__(self, lines: Iterable[str], separator: str, form: RowForm | None = None, *, ahead: str = "") -> None:
        self.separator = separator
        self.form = form
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._ahead, self._text = ahead, ""
        self._line = 0
        #: Lines to come that quotes have swallowed.
        self.swallowed = 0
        #: Whether a quoted record was still open where the lines ended.
        self.ran_out = False
        #: Whether the line before is a field alone, which may be the start of the next row's first value.
        self.after_remnant = False

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        while True:
            record = self.step()
            if not record.blank:
                return record

    def step(self) -> Record:
        """Read one record, which may be blank and then is no row.

        :returns: the record; ``taken`` lines have been read up to its end.
        :raises StopIteration: there are no more lines.
        """
        text = self._take()
        start, form, after_remnant = self._line, self.form, self.after_remnant
        if form and text.strip():
            self.after_remnant = is_remnant(text, form)
        if self.swallowed:
            self.swallowed -= 1
            return Record(start, self._split(text), RejectReason.BROKEN_ROW)
        record = self._quoted(text, start) if '"' in text else Record(start, self._split(text))
        if form is None or record.blank or record.fault:
            return record
        if after_remnant and 0 in form.used and form.number_index:
            return record._replace(fault=RejectReason.SPLIT_ROW)
        fault = _misfit(record.fields, text, form) or self._cut(record.fields, form)
        if fault:
            return Record(start, self._split(text) if self._line == start else record.fields, fault)
        return record._replace(fields=record.fields + [""] * (form.width - len(record.fields)))

    @property
    def taken(self) -> int:
        """Lines of the records read so far."""
        return self._line

    def _split(self, text: str) -> list[str]:
        return text.rstrip("\r\n").split(self.separator)

    def _take(self) -> str:
        text = self._again.popleft() if self._again else next(self._lines)
        # the mark of a file that was joined to this one would hide the quote
        self._text = text[1:] if text.startswith('\ufeff"') else text
        self._line += 1
        return self._text

    def _next_text(self) -> str:
        """The next line that is not blank, without taking it."""
        for text in self._again:
            if text.strip():
                return text
        for text in self._lines:
            self._again.append(text)
            if text.strip():
                return text
        return self._ahead

    def _quoted(self, text: str, start: int) -> Record:
        """Read a record with quotes over as many lines as it needs; unread the others."""
        taken = [text]
        scan = QuotedScan(self.separator)
        closed = scan.feed(text)
        while not closed and not scan.malformed and len(taken) < MAX_LINES:
            try:
                taken.append(self._take())
            except StopIteration:
                self.ran_out = True
                break
            closed = scan.feed(taken[-1])
        if closed and not scan.malformed:
            if not self._swallows_rows(scan.fields):
                return Record(start, scan.fields, self._stray_quote(scan))
            self.swallowed = len(taken) - 1
        self._again.extendleft(reversed(taken[1:]))
        self._line = start
        return Record(start, self._split(text), RejectReason.BROKEN_ROW)

    def _stray_quote(self, scan: QuotedScan) -> RejectReason | None:
        if self.form is None or not scan.stray_quote:
            return None
        return RejectReason.LOST_SEPARATOR if len(scan.fields) < self.form.width else RejectReason.BROKEN_ROW

    def _swallows_rows(self, fields: Sequence[str]) -> bool:
        """Return whether a field of several lines holds somebody's number where the number's column is."""
        form = self.form
        if form is None or form.width == 1:
            return False
        for at, field in enumerate(fields):
            lines = line_breaks_in(field)
            if len(lines) == 1:
                continue
            first = lines[0].split(form.separator)
            if at < form.number_index and form.has_number([*[""] * at, *first]):
                return True
            for line in lines[1:]:
                others = line.split(form.separator)
                if len(others) > 1 and form.has_number(others):
                    return True
            behind = [*lines[-1].split(form.separator), *fields[at + 1 :]]
            if len(fields) > form.fields and at >= form.number_index and form.has_number(behind):
                return True
        return False

    def _cut(self, fields: Sequence[str], form: RowForm) -> RejectReason | None:
        """Return the fault of a row whose last value may go on in the next line, without quotes."""
        last = min(len(fields), form.width) - 1
        most = max(form.used, default=-1)
        if form.width == 1 or most < last:
            return None
        if len(fields) < form.width and not self._text.endswith(("\n", "\r")):
            return RejectReason.BROKEN_ROW  # the file is cut off
        following = self._next_text()
        others = fields_of(following, form.separator)
        if form.begins_a_row(others) or not any(other.strip() for other in others):
            return None
        whole = self._text.rstrip().endswith('"') and others[0].strip()
        if whole and (len(fields) >= form.width or following.count('"') % 2 == 0):
            return None
        together = len(fields) + len(others) - 1
        nameless = len(others) > form.number_index and not others[form.number_index].strip()
        cut = together == form.fields if nameless else together <= form.fields or len(fields) < form.width
        return RejectReason.SPLIT_ROW if cut else None


def is_number_like(text: str, digits: int = _NUMBER_DIGITS) -> bool:
    """Return whether a field seems to be a phone number, readable or not."""
    return sum(map(str.isdigit, text)) >= digits and not any(map(str.isalpha, text))


def is_remnant(text: str, form: RowForm) -> bool:
    """Return whether a line is a single field that is not in quotes, in a list of several columns."""
    if form.width == 1 or form.separator in text or text.count('"') % 2:  # an odd quote ends a value of several lines
        return False
    return not text.lstrip().startswith('"') and bool(text.strip())


def _misfit(fields: Sequence[str], text: str, form: RowForm) -> RejectReason | None:
    """Return the fault of a row whose fields are not those of the header."""
    count, width = len(fields), form.width
    if width > 1 and text.lstrip().startswith('"') and form.separator in fields[0] and _alone(fields):
        return RejectReason.QUOTED_LINE
    if count < width and any('"' in field for field in fields):
        return RejectReason.LOST_SEPARATOR
    if count <= form.number_index or count > form.fields or any(field.strip() for field in fields[width:]):
        return RejectReason.BROKEN_ROW
    return None


def _alone(fields: Sequence[str]) -> bool:
    return not any(field.strip() for field in fields[1:])
