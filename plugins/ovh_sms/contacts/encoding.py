"""The encoding of a contact list, found over the whole file before its first row is read.

UTF-8 if every byte fits it, with or without a byte order mark; UTF-16 by its mark only; else cp1252, which Excel
writes in western Europe. A file is never read half in one and half in another.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from ovh_sms.errors import ContactsError

_CHUNK = 1 << 20
_CP1252_HOLES = frozenset(b"\x81\x8d\x8f\x90\x9d")
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


def find_encoding(path: Path) -> str:
    """Find the encoding of a contact list by reading all of it once.

    :returns: ``utf-8-sig``, ``utf-8``, ``utf-16`` or ``cp1252``.
    :raises ContactsError: the file is empty, binary, or in none of these encodings; names the byte.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
        _refuse_binary(path, head)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        handle.seek(0)
        utf8 = codecs.getincrementaldecoder("utf-8")()
        is_utf8, offset = True, 0
        while chunk := handle.read(_CHUNK):
            nul = chunk.find(0)
            if nul >= 0:
                raise _no_text(path, head, offset + nul)
            if is_utf8:
                is_utf8 = _fits(utf8, chunk)
            offset += len(chunk)
    if is_utf8 and _fits(utf8, b"", final=True):
        return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    hole = _first_hole(path)
    if hole >= 0:
        raise ContactsError(
            f"Contact list {path} is neither UTF-8 nor cp1252 text (byte {hole}, line {_line_of(path, hole)}).",
            action=_SAVE_AS + " Or name its encoding.",
        )
    return "cp1252"


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


def _no_text(path: Path, head: bytes, at: int) -> ContactsError:
    """Return the error of a file with a NUL byte."""
    for name, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) >= _SHORTEST_UTF16 and set(head[start:64:2]) == {0} and 0 not in head[1 - start : 64 : 2]:
            return ContactsError(
                f"Contact list {path} is UTF-16 text without its mark.",
                action=f"{_SAVE_AS} Or name its encoding, {name}.",
            )
    return ContactsError(
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


def _first_hole(path: Path) -> int:
    """Position of the first byte that cp1252 does not define, or -1."""
    offset = 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            found = [at for at in map(chunk.find, _CP1252_HOLES) if at >= 0]
            if found:
                return offset + min(found)
            offset += len(chunk)
    return -1
