"""An Excel workbook (.xlsx): a zip archive of XML files, unpacked as streams of a known size."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.workbook_xml import DamagedWorkbook, SharedTexts, parse
from ovh_sms.errors import ContactsError

#: Bytes of a part before it is unpacked, at most: sheets are read as a stream, the texts they share are held.
MOST_BYTES, MOST_SHARED_BYTES, MOST_SMALL_BYTES = 1 << 30, 100 << 20, 16 << 20
#: Number formats that a workbook names only by their number, in a French Excel.
_BUILT_IN = {
    "0": "General", "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "5": '#,##0\\ "€";\\-#,##0\\ "€"',
    "6": '#,##0\\ "€";\\-#,##0\\ "€"', "7": '#,##0.00\\ "€";\\-#,##0.00\\ "€"', "8": '#,##0.00\\ "€";\\-#,##0.00\\ "€"',
    "9": "0%", "10": "0.00%", "11": "0.00E+00", "12": "# ?/?", "13": "# ??/??", "14": "dd/mm/yyyy", "15": "dd-mmm-yy",
    "16": "dd-mmm", "17": "mmm-yy", "18": "h:mm AM/PM", "19": "h:mm:ss AM/PM", "20": "hh:mm", "21": "hh:mm:ss",
    "22": "dd/mm/yyyy hh:mm", "37": "#,##0;\\-#,##0", "38": "#,##0;\\-#,##0", "39": "#,##0.00;\\-#,##0.00",
    "40": "#,##0.00;\\-#,##0.00", "41": "#,##0;\\-#,##0;\\-;@", "42": '#,##0\\ "€";\\-#,##0\\ "€";\\-\\ "€";@',
    "43": "#,##0.00;\\-#,##0.00;\\-;@", "44": '#,##0.00\\ "€";\\-#,##0.00\\ "€";\\-\\ "€";@', "45": "mm:ss",
    "46": "[h]:mm:ss", "47": "mm:ss.0", "48": "##0.0E+0", "49": "@",
}  # fmt: skip
_CHUNK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s22xHH")
SAVE_XLSX = "Open it in Excel and save it as .xlsx without a password, or as CSV UTF-8; give that file."


@dataclass(frozen=True)
class SheetPart:
    """A sheet: its name, the part that holds it, and whether its tab is shown."""

    name: str
    part: str
    visible: bool


class WorkbookArchive:
    """An open workbook.

    :raises ContactsError: it is a zip archive of another kind, or unpacks to more than is read.
    """

    def __init__(self, file: ContactFile) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file.path)
        self._members = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}
        self.shared_part = self._main = ""
        self.sheets: list[SheetPart] = []
        #: Whether days are counted from 1904, and whether formulas are yet to be computed.
        self.epoch_1904 = self.stale = False
        self.formats: list[str] = ["General"]
        try:
            self._read_book()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def chunks(self, part: str, most: int = MOST_BYTES) -> Iterator[bytes]:
        """Unpack a part, never more than the archive says that it has."""
        info = self._members[part.lstrip("/").lower()]
        if info.file_size > most:
            raise ContactsError(
                f"Contact list {self._file.name} is an Excel workbook that unpacks to "
                f"{info.file_size / (1 << 20):,.0f} MB; at most {most >> 20:,} MB are read. The list was not read.",
                action="Save the sheet with the contacts as CSV UTF-8 and give that file.",
            )
        with self._file.path.open("rb") as handle:
            handle.seek(info.header_offset)
            mark, name, extra = _LOCAL_HEADER.unpack(handle.read(_LOCAL_HEADER.size))
            if mark != b"PK\x03\x04" or info.flag_bits & 1 or info.compress_type not in (0, 8):
                raise DamagedWorkbook("a part that cannot be unpacked")
            handle.seek(name + extra, 1)
            yield from _unpack(handle, info)

    def shared_texts(self) -> list[str]:
        """Read the texts that the cells share."""
        texts = SharedTexts()
        if self.shared_part:
            parse(self.chunks(self.shared_part, MOST_SHARED_BYTES), texts.start, texts.end, texts.data)
        return texts.found

    def size(self, part: str) -> int:
        """Bytes of a part before it is unpacked."""
        return self._members[part.lstrip("/").lower()].file_size

    def longest_shared_text(self) -> int:
        """Return at least the bytes of the longest text that cells share, and check that part's size."""
        longest, left = 1, b""
        for chunk in self.chunks(self.shared_part, MOST_SHARED_BYTES) if self.shared_part else ():
            *texts, left = (left + chunk).split(b"</si>")
            longest = max(longest, len(left), *map(len, texts))
            left = left[-_CHUNK:]
        return longest

    def _read_book(self) -> None:
        self._main = self._target(self._relations(""), "/officeDocument") or "xl/workbook.xml"
        if self._main.lower() not in self._members:
            binary = "xl/workbook.bin" in self._members
            kind = "a binary Excel workbook (.xlsb)" if binary else "a zip archive"
            if "content.xml" in self._members:
                kind = "an OpenDocument file (.ods)"
            raise ContactsError(
                f"Contact list {self._file.name} is {kind}, not an Excel workbook (.xlsx).", action=SAVE_XLSX
            )
        relations = self._relations(self._main)
        self.shared_part = self._target(relations, "/sharedStrings") or ""
        members = {name: target for name, (_, target) in relations.items()}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "sheet":
                part = members.get(next((given[name] for name in given if name.rpartition(":")[2] == "id"), ""), "")
                if part.lower() in self._members and "/chartsheets/" not in part:
                    self.sheets.append(SheetPart(given["name"], part, given.get("state", "visible") == "visible"))
            elif tag == "workbookPr":
                self.epoch_1904 = given.get("date1904") in ("1", "true")
            elif tag == "calcPr":
                self.stale = given.get("fullCalcOnLoad") in ("1", "true")

        parse(self.chunks(self._main, MOST_SMALL_BYTES), start)
        if styles := self._target(relations, "/styles"):
            self.formats = self._formats(styles)

    def _formats(self, part: str) -> list[str]:
        """The number format of each style of a cell."""
        codes: dict[str, str] = dict(_BUILT_IN)
        found: list[str] = []
        inside = [False]

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "numFmt":
                codes.setdefault(given.get("numFmtId", ""), given.get("formatCode", "General"))
            elif tag == "cellXfs":
                inside[0] = True
            elif tag == "xf" and inside[0]:
                found.append(given.get("numFmtId", "0"))

        def end(tag: str) -> None:
            inside[0] = inside[0] and tag != "cellXfs"

        parse(self.chunks(part, MOST_SMALL_BYTES), start, end)
        return [codes.get(each, "General") for each in found] or ["General"]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
                found[given["Id"]] = (given["Type"], target)

        if path.lower() in self._members:
            parse(self.chunks(path, MOST_SMALL_BYTES), start)
        return found

    def _target(self, relations: dict[str, tuple[str, str]], kind: str) -> str | None:
        found = (target for each, target in relations.values() if each.endswith(kind))
        return next((target for target in found if target.lower() in self._members), None)


def _unpack(handle: Any, info: zipfile.ZipInfo) -> Iterator[bytes]:
    left, size = info.compress_size, 0
    inflate = zlib.decompressobj(-15) if info.compress_type else None
    while left:
        packed = handle.read(min(_CHUNK // 4, left))
        if not packed:
            raise DamagedWorkbook("a part that is cut off")
        left -= len(packed)
        while packed:
            chunk = inflate.decompress(packed, _CHUNK) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            size += len(chunk)
            if size > info.file_size:
                raise DamagedWorkbook("a part that is larger than the archive says")
            if chunk:
                yield chunk
    rest = inflate.flush() if inflate else b""  # less than one step of the packing
    size += len(rest)
    if rest:
        yield rest
    if size != info.file_size or (inflate and not inflate.eof):
        raise DamagedWorkbook("a part that is not as long as the archive says")
