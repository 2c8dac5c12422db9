"""Records of a CSV text, each with the line it starts on, also in a damaged text.

Python's own ``csv`` swallows every row behind a quote that is never closed. Here a record spans at most
:data:`MAX_LINES` lines. It is one broken row if it does not close by then, if its number of fields is not the
header's, or if it would swallow a line that seems to be a row of its own. Reading then goes on with the very next
line. Blank lines are no rows.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Most lines that one quoted record may span.
MAX_LINES = 100
_NUMBER_DIGITS = 6

_INSIDE_QUOTES = re.compile(r'(?:[^"]+|"")*+')


class Record(NamedTuple):
    """One row of a contact list: the line it starts on, its fields as written, and whether it is broken."""

    line: int
    fields: list[str]
    broken: bool = False

    @property
    def blank(self) -> bool:
        """True for an empty line, which is no row."""
        return len(self.fields) == 1 and not self.fields[0].strip()


class RecordReader:
    """Iterates over the records of a text.

    :param lines: the text's lines with their terminators (``\\n``, ``\\r\\n`` or ``\\r``).

    ``width`` and ``number_index`` are None while the header is read. The caller then sets them to the header's number
    of fields and the number's position; a row with more fields is accepted only if those are blank.
    """

    def __init__(self, lines: Iterable[str], separator: str) -> None:
        self.separator = separator
        self.width: int | None = None
        self.number_index: int | None = None
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._line = 0
        #: Whether a quoted record was still open where the lines ended.
        self.ran_out = False

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
        start = self._line
        if '"' in text:
            return self._quoted(text, start)
        fields = text.rstrip("\r\n").split(self.separator)
        return Record(start, fields, not self._fit(fields))

    @property
    def taken(self) -> int:
        """Lines of the records read so far."""
        return self._line

    def _take(self) -> str:
        text = self._again.popleft() if self._again else next(self._lines)
        self._line += 1
        return text

    def _quoted(self, text: str, start: int) -> Record:
        """Read a record with quotes over as many lines as it needs; unread the others."""
        taken = [text]
        scan = _QuotedScan(self.separator)
        closed = scan.feed(text)
        while not closed and not scan.malformed and len(taken) < MAX_LINES:
            try:
                taken.append(self._take())
            except StopIteration:
                self.ran_out = True
                break
            closed = scan.feed(taken[-1])
        if closed and not scan.malformed and self._fit(scan.fields) and not any(map(self._is_row, taken[1:])):
            return Record(start, scan.fields)
        self._again.extendleft(reversed(taken[1:]))
        self._line = start
        return Record(start, text.rstrip("\r\n").split(self.separator), broken=True)

    def _is_row(self, line: str) -> bool:
        """Return whether a line inside quotes seems to be a row: the header's width, and digits for a number."""
        fields = line.split(self.separator)
        if self.number_index is None or len(fields) != self.width:
            return False
        number = fields[self.number_index]
        return sum(map(str.isdigit, number)) >= _NUMBER_DIGITS and not any(map(str.isalpha, number))

    def _fit(self, fields: list[str]) -> bool:
        width = self.width
        if width is None or len(fields) == width:
            return True
        return len(fields) > width and not any(field.strip() for field in fields[width:])


class _QuotedScan:
    """Splits one record with quotes, fed line by line until ``feed`` returns True."""

    def __init__(self, separator: str) -> None:
        self.fields: list[str] = []
        self.malformed = False
        self._separator = separator
        self._open: list[str] | None = None

    def feed(self, line: str) -> bool:
        at = 0
        if self._open is not None:
            at = self._inside(line, 0)
        while 0 <= at < len(line) and not self.malformed:
            at = self._field(line, at)
        return self._open is None

    def _field(self, line: str, at: int) -> int:
        """Read the field at a position; returns where the next one starts, or -1 at the end of the line."""
        lead = at
        while line[lead] == " ":  # a line ends by its terminator, or by a field that is no quote
            lead += 1
            if lead == len(line):
                break
        if lead < len(line) and line[lead] == '"':
            self._open = []
            return self._inside(line, lead + 1)
        end = line.find(self._separator, at)
        if end < 0:
            self.fields.append(line[at:].rstrip("\r\n"))
            return -1
        self.fields.append(line[at:end])
        return self._after(line, end + 1)

    def _inside(self, line: str, at: int) -> int:
        """Read on inside quotes; returns as :meth:`_field` does."""
        assert self._open is not None  # noqa: S101 - for mypy
        found = _INSIDE_QUOTES.match(line, at)
        end = found.end() if found else at
        self._open.append(line[at:end].replace('""', '"'))
        if end >= len(line):
            return -1
        self.fields.append("".join(self._open))
        self._open = None
        behind = line.find(self._separator, end + 1)
        rest = line[end + 1 :] if behind < 0 else line[end + 1 : behind]
        self.malformed = bool(rest.strip())
        return -1 if behind < 0 else self._after(line, behind + 1)

    def _after(self, line: str, at: int) -> int:
        """Step behind a separator; a separator that ends the text is followed by one empty field."""
        if at >= len(line):
            self.fields.append("")
            return -1
        return at
