"""Fields of one CSV record with quotes."""

from __future__ import annotations

import re

_INSIDE_QUOTES = re.compile(r'(?:[^"]+|"")*+')
_INSIDE_A_WORD, _INCHES = re.compile(r'\w"\w'), re.compile(r'[^"]*\d" [^"]*')
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def line_breaks_in(value: str) -> list[str]:
    """Split a value at its line breaks."""
    return _LINE_BREAK.split(value) if "\n" in value or "\r" in value else [value]


def fields_of(line: str, separator: str) -> list[str]:
    """Split a line alone; quotes that stay open at its end are ignored."""
    text = line.rstrip("\r\n")
    if '"' not in text:
        return text.split(separator)
    scan = QuotedScan(separator)
    return scan.fields if scan.feed(text) and not scan.malformed else text.split(separator)


class QuotedScan:
    """Splits one record with quotes, fed line by line until ``feed`` returns True."""

    def __init__(self, separator: str) -> None:
        self.fields: list[str] = []
        self.malformed = False
        #: Whether a field that is not in quotes holds one that nobody writes: not a pair around words, no inches.
        self.stray_quote = False
        self._separator = separator
        self._open: list[str] | None = None

    def feed(self, line: str) -> bool:
        """Read one more line of the record; returns whether no quote is open behind it."""
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
        self._unquoted(line[at:].rstrip("\r\n") if end < 0 else line[at:end])
        return -1 if end < 0 else self._after(line, end + 1)

    def _unquoted(self, field: str) -> None:
        self.fields.append(field)
        if '"' in field and (_INSIDE_A_WORD.search(field) or (field.count('"') % 2 and not _INCHES.fullmatch(field))):
            self.stray_quote = True

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
