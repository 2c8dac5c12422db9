from __future__ import annotations

import bz2
import codecs
import lzma
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.read.encoding import find_encoding
from ovh_sms.errors import ContactsError

KNOWN_MARKS = (
    b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF", b"\x1f\x8b", b"BZh", b"Rar!", b"7z\xbc\xaf"
)  # fmt: skip
MORE_MARKS = (b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
KNOWN_TEXTS = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf", b"[{", b'{"')
TEXT = "number;prenom\n0639980012;Hélène €\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"number\n", "utf-8"),
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.replace(" €", "").encode("cp850"), "cp850"),
        (TEXT.replace(" €", "").encode("mac_roman"), "mac_roman"),
    ],
)
def test_encoding_is_found(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    assert find_encoding(path).name == expected


def test_encoding_is_decided_over_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.encode() * 60_000 + "0639980013;Zoé\n".encode("cp1252"))
    assert path.stat().st_size > 2 << 20
    with pytest.raises(ContactsError, match="line 120001: byte 0xE9 is no UTF-8"):
        find_encoding(path)


def test_character_across_two_chunks_is_still_utf8(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a" + "é" * (1 << 21) + "\n", encoding="utf-8")  # a chunk of any even size ends within an é
    assert find_encoding(path).name == "utf-8"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", r"is empty\. Give a file"),
        (b"number\n06\x0039\n", r"is a binary file: NUL at byte 9, line 2\. Save it as CSV"),
        (b"PK\x03\x04rest", r"is an Excel workbook .*Save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook"),
        (b"%PDF-1.4", "is a PDF document"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (TEXT.encode("utf-32"), "is UTF-32 text"),
        (b"number\nabc\xe9\x81\n", r"is not clearly in one encoding\."),
        (TEXT.encode()[:-1] + b"\xc3", r"line 2: byte 0xC3 is no UTF-8"),
        (bz2.compress(TEXT.encode()), "is a bzip2 archive"),
        (lzma.compress(TEXT.encode()), "is an xz archive"),
        (b"\x28\xb5\x2f\xfd rest", "is a zstd archive"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        (b"Rar!\x1a\x07", "is a RAR archive"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>Login", "is a web page, not CSV text"),
        (b" <html>", "is a web page"),
        (b"<?xml version='1.0'?><Workbook/>", "is XML"),
        (b"{\\rtf1 number}", "is an RTF document"),
        (b'[{"number": "0639980000"}]', "is JSON"),
        (b'{"number": "0639980000"}\n', "is JSON"),
    ],
)
def test_what_is_no_text_is_refused_by_name(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(ContactsError, match=says) as caught:
        find_encoding(path)
    assert str(path) in str(caught.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=60))
def test_an_encoding_found_decodes_every_byte(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    found = ""
    with suppress(ContactsError):
        found = find_encoding(path).name
    if found and not found.startswith("utf-16"):  # UTF-16 is found by its mark or its zeros alone
        assert isinstance(data.decode(found), str)
    elif not found:
        text = data.removeprefix(codecs.BOM_UTF8).lstrip().lower()
        known = data.startswith(KNOWN_MARKS + MORE_MARKS) or text.startswith(KNOWN_TEXTS)
        assert known or 0 in data or not data.isascii()
