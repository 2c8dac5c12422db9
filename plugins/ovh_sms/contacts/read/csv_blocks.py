"""Reads a CSV file in big blocks of whole lines, as UTF-8, from any encoding and line ends."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ovh_sms.contacts.read import contact_table
from ovh_sms.contacts.read.csv_records import RowForm, is_remnant

#: Bytes read at once; some hundred thousand rows.
BLOCK_BYTES = 4 << 20
_LINE_END = re.compile(rb"\r\n|\r|\n")
_UTF8 = ("utf-8", "utf-8-sig")
_DECODED = re.compile(r"utf-(8|8-sig|16|16-le|16-be|32|32-le|32-be)|ascii|(cp|iso8859-|koi8|mac)[\w-]*")


class LineBlock(NamedTuple):
    """Whole lines of a file.

    :param data: their bytes in UTF-8, with terminators; the file's last line may have none.
    :param line: number of the first one.
    :param ahead: the line behind the last one that is not blank.
    :param after_remnant: whether the line before is a field alone.
    """

    data: bytes
    line: int
    lines: int
    last: bool
    ahead: str = ""
    after_remnant: bool = False


def can_read(encoding: str) -> bool:
    """Return whether an encoding can be read in blocks; others are read row by row.

    :returns: True for Unicode and for one byte per character.
    """
    return _DECODED.fullmatch(codecs.lookup(encoding).name) is not None


class BlockReader:
    """Reads the rows of a contact list in blocks; unfinished lines can be put back in front of the next block.

    :param checked: whether its bytes are already known to fit the encoding.
    """

    def __init__(self, path: Path, encoding: str, form: RowForm, *, checked: bool, skip: int) -> None:
        self._path, self._encoding, self._form, self._skip = path, encoding, form, skip
        name = codecs.lookup(encoding).name
        self._as_is = checked and name in _UTF8
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = self._given = b""
        self._line = 1
        self._after_remnant = False

    def put_back(self, data: bytes, lines: int) -> None:
        """Put the last lines of a block in front of the next one."""
        self._rest = data + self._rest
        self._given = self._given[: len(self._given) - len(data)]
        self._line -= lines

    def __iter__(self) -> Iterator[LineBlock]:
        with self._path.open("rb") as handle:
            last = False
            while not last:
                chunk = handle.read(BLOCK_BYTES)
                last = not chunk
                data = self._rest + self._text(chunk, last)
                if self._skip:
                    data = self._without_header(data, last)
                cut = 0 if self._skip else len(data) if last else _last_row_start(data)
                self._rest = data[cut:]
                block = self._block(data[:cut], last) if cut else None
                self._check_length(self._rest, self._line)
                if block:
                    self._given = block.data
                    yield block
                    self._remember()

    def _block(self, data: bytes, last: bool) -> LineBlock:
        mixed = has_lone_return(data)
        if mixed and b'"' not in data:
            data, mixed = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), False
        line = self._line
        self._check_length(data, line)
        ends = len(_LINE_END.findall(data)) if mixed else _newlines(data)
        self._line += ends
        lines = ends + (not data.endswith((b"\n", b"\r")))
        ahead = _LINE_END.split(self._rest, maxsplit=1)[0].decode("utf-8", "replace")
        return LineBlock(data, line, lines, last, ahead, self._after_remnant)

    def _remember(self) -> None:
        """Remember whether the last line read, blank ones left out, is a field alone."""
        end = len(self._given)
        while end:
            start = _line_start(self._given, end)
            text = self._given[start:end].decode("utf-8", "replace")
            if text.strip():
                self._after_remnant = is_remnant(text.rstrip("\r\n"), self._form)
                return
            end = start

    def _text(self, chunk: bytes, last: bool) -> bytes:
        if self._as_is:
            return chunk
        try:
            return self._decoder.decode(chunk, last).encode("utf-8")
        except UnicodeError as error:
            raise contact_table.not_that_encoding(self._path, self._encoding, self._line) from error

    def _without_header(self, data: bytes, last: bool) -> bytes:
        """Skip the header's lines, once they are all there."""
        ends = _LINE_END.finditer(data)
        end = 0
        for _ in range(self._skip):
            found = next(ends, None)
            if found is None or (found.end() == len(data) and not last):
                if last:
                    self._skip = 0
                    return b""
                return data
            end = found.end()
        self._line += self._skip
        self._skip = 0
        return data[end:]

    def _check_length(self, data: bytes, line: int) -> None:
        """Raise an error for a line that is too long; data with enough line ends is not split."""
        most = contact_table.MAX_LINE_CHARACTERS
        step = max(1, most // 2)
        if len(data) <= most or all(
            data.find(b"\n", at, at + step) >= 0 for at in range(0, len(data) - step + 1, step)
        ):
            return
        for number, text in enumerate(_LINE_END.split(data)):
            # as in reading line by line: the terminator belongs to the line
            if len(text) >= most and len(text.decode("utf-8", "replace")) >= most:
                raise contact_table.line_too_long(self._path, line + number)


def has_lone_return(data: bytes) -> bool:
    """Return whether a line ends with a ``\\r`` alone."""
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def _newlines(data: bytes) -> int:
    """Count line feeds, faster than ``bytes.count`` where there are many."""
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == 10))


def _last_row_start(data: bytes) -> int:
    """Start of the last whole line that is not blank: the row before it can only be read beside it."""
    end = _last_line_end(data)
    while end:
        start = _line_start(data, end)
        if data[start:end].decode("utf-8", "replace").strip():
            return start
        end = start
    return 0


def _line_start(data: bytes, end: int) -> int:
    """Start of the line that ends at a position."""
    before = end - (2 if data.endswith(b"\r\n", 0, end) else 1)
    return max(data.rfind(b"\n", 0, before), data.rfind(b"\r", 0, before)) + 1


def _last_line_end(data: bytes) -> int:
    """End of the last whole line; a trailing ``\\r`` may be half of a terminator."""
    cut = data.rfind(b"\n") + 1
    if cut:
        return cut
    return data.rfind(b"\r", 0, max(0, len(data) - 1)) + 1
