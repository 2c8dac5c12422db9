"""The encoding of a contact list, found over the whole file before its first row is read.

UTF-8 if every byte fits it, with or without a byte order mark. A file that is plainly UTF-8 but for some bytes is
refused with their place: read in another encoding, all its other characters would be wrong. UTF-16 with its mark, or
without it if every other byte is zero. Else the most plausible of the encodings that tools in western Europe write;
if none clearly is, the list is refused. A file is never read half in one and half in another.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from ovh_sms.contacts.read.legacy_encoding import CERTAIN, first_words, guess
from ovh_sms.errors import ContactsError

_CHUNK = 1 << 20
_SAVE_AS = "Save it as CSV in UTF-8 (in Excel: Save as, CSV UTF-8) and give that file."
#: First bytes of files that people take for lists.
_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
)
#: First characters of texts that people take for lists.
_TEXTS = (
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
    (b"{\\rtf", "an RTF document"),
    (b"[{", "JSON"),
    (b'{"', "JSON"),
)
_HEAD, _SHORTEST_UTF16 = 256, 8
#: Letters, accents and typographic marks of western Europe in UTF-8: in no other encoding do words hold these bytes.
_WESTERN_UTF8 = re.compile(
    rb"[\xc2\xc3][\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xcc[\x80-\xa8]|\xe2\x80[\x80-\xbf]|\xe2\x82\xac"
)
_WORDS_SHOWN = 3
_NUMBER = re.compile(rb"\d(?:[ .-]?\d){7}")


class FoundEncoding(NamedTuple):
    """Python's name of an encoding, and how sure it is from 0 to 1."""

    name: str
    certainty: float = 1.0


def find_encoding(path: Path) -> FoundEncoding:
    """Find the encoding of a contact list by reading all of it once.

    :raises ContactsError: the file is empty, binary, UTF-8 with damaged bytes, or not clearly in one encoding.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
        _refuse_binary(path, head)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return FoundEncoding("utf-16")
        handle.seek(0)
        utf8 = codecs.getincrementaldecoder("utf-8")()
        is_utf8, offset = True, 0
        while chunk := handle.read(_CHUNK):
            nul = chunk.find(0)
            if nul >= 0:
                return _utf16_without_mark(path, head, offset + nul)
            is_utf8 = is_utf8 and _fits(utf8, chunk)
            offset += len(chunk)
    if is_utf8 and _fits(utf8, b"", final=True):
        return FoundEncoding("utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8")
    _refuse_damaged_utf8(path, marked=head.startswith(codecs.BOM_UTF8))
    return _guessed(path)


def _refuse_damaged_utf8(path: Path, *, marked: bool) -> None:
    """Raise an error for a file with more characters of UTF-8 than bytes that do not fit it."""
    fitting = damaged = 0
    first: tuple[int, int] | None = None
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                first = first or (number, line[error.start])
                damaged += sum(byte > 127 for byte in _WESTERN_UTF8.sub(b"", line))
            fitting += len(_WESTERN_UTF8.findall(line))
    if first and (marked or fitting >= damaged):
        raise ContactsError(
            f"Contact list {path}, line {first[0]}: byte 0x{first[1]:02X} is no UTF-8, as the rest of the file is.",
            action="Nothing was prepared. Correct the line in a text editor, or export the list again as UTF-8.",
        )


def _guessed(path: Path) -> FoundEncoding:
    """Guess an encoding of one byte per character."""
    found = guess(_contexts(path))
    if found and found.certainty >= CERTAIN:
        return FoundEncoding(found.encoding, found.certainty)
    with path.open("rb") as handle:
        lines = list(filter(bytes.strip, handle.read(_CHUNK).splitlines()))
        is_list = 2 * sum(map(bool, map(_NUMBER.search, lines))) >= len(lines)
        handle.seek(0)
        words = first_words(handle, _WORDS_SHOWN)
    if found is None or not is_list:  # another file's words are nobody's business
        raise ContactsError(
            f"Contact list {path} is not clearly in one encoding.",
            action=_SAVE_AS + " Or name its encoding in 'encoding'.",
        )
    readings = "; ".join(
        f"{each} ({', '.join(word[:20].decode(each, 'replace') for word in words)})" for each in found.possible
    )
    raise ContactsError(
        f"Contact list {path} is not clearly in one encoding. It would read: {readings}.",
        action="Nothing was prepared. Name the right one in 'encoding', or save the list as CSV in UTF-8.",
    )


def _contexts(path: Path) -> set[bytes]:
    """Return the bytes above 127, each with the one before and the one behind it."""
    import numpy as np

    contexts: set[bytes] = set()
    before = b"\n"
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            following = handle.read(1)
            handle.seek(-len(following), 1)
            data = np.frombuffer(before + chunk + (following or b"\n"), dtype=np.uint8)
            at = np.flatnonzero(data[1:-1] > 127) + 1
            triples = (data[at - 1].astype(np.int32) << 16) | (data[at].astype(np.int32) << 8) | data[at + 1]
            contexts.update(value.to_bytes(3, "big") for value in np.unique(triples).tolist())
            before = chunk[-1:]
    return contexts


def _refuse_binary(path: Path, head: bytes) -> None:
    if not head:
        raise ContactsError(
            f"Contact list {path} is empty.", action="Give a file with a header and one contact per line."
        )
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    kinds = [kind for magic, kind in _KINDS if head.startswith(magic)]
    kinds += [kind for start, kind in _TEXTS if text.startswith(start)]
    if kinds:
        raise ContactsError(f"Contact list {path} is {kinds[0]}, not CSV text.", action=_SAVE_AS)


def _utf16_without_mark(path: Path, head: bytes, at: int) -> FoundEncoding:
    """Recognise UTF-16 without its mark by the zeros at every other byte; any other file with a zero is no text."""
    for name, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) >= _SHORTEST_UTF16 and set(head[start:64:2]) == {0} and 0 not in head[1 - start : 64 : 2]:
            return FoundEncoding(name)
    raise ContactsError(
        f"Contact list {path} is a binary file: NUL at byte {at}, line {_line_of(path, at)}.", action=_SAVE_AS
    )


def _line_of(path: Path, at: int) -> int:
    """Line of a byte."""
    lines, left = 1, at
    with path.open("rb") as handle:
        while left and (chunk := handle.read(min(left, _CHUNK))):
            lines, left = lines + chunk.count(b"\n"), left - len(chunk)
    return lines


def _fits(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
