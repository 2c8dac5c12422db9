"""CSV files in the dialects that programs write."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from list_proof.drafts import Draft

#: Encodings with the mark at the file's start.
ENCODINGS: dict[str, tuple[str, bytes]] = {
    "utf-8": ("utf-8", b""),
    "utf-8 with mark": ("utf-8", codecs.BOM_UTF8),
    "utf-16 with mark": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16 without mark": ("utf-16-le", b""),
    "cp1252": ("cp1252", b""),
    "iso-8859-15": ("iso-8859-15", b""),
    "cp850": ("cp850", b""),
    "mac roman": ("mac_roman", b""),
}
UNICODE = [name for name in ENCODINGS if name.startswith("utf")]


@dataclass
class Dialect:
    """The form of a CSV file.

    :param quoting: ``minimal``, ``all``, or ``texts``: LibreOffice quotes every text and no number.
    """

    encoding: str
    separator: str
    quoting: str
    end: str
    last_end: bool = True
    stated: bool = False
    misread_as: str = ""

    def join(self, cells: list[str]) -> str:
        return self.separator.join(map(self.field, cells))

    def field(self, text: str) -> str:
        must = any(each in text for each in (self.separator, '"', "\r", "\n"))
        if must or self.quoting == "all" or (self.quoting == "texts" and not text.replace(".", "").isdigit() and text):
            return '"' + text.replace('"', '""') + '"'
        return text

    def encode(self, text: str) -> bytes:
        if self.misread_as:
            text = text.encode().decode(self.misread_as, "replace")
        return text.encode(ENCODINGS[self.encoding][0])

    def holds(self, text: str) -> str:
        """The part of a text that the encoding can hold."""
        name = ENCODINGS[self.encoding][0]
        return text.encode(name, "ignore").decode(name).strip()


def dialect(rng: Random) -> Dialect:
    """Choose a dialect."""
    return Dialect(
        encoding=rng.choice(list(ENCODINGS)),
        separator=rng.choice(";;;,,\t|"),
        quoting=rng.choice(("minimal", "minimal", "all", "texts")),
        end=rng.choice(("\r\n", "\r\n", "\n", "\n", "\r")),
        last_end=rng.random() < 0.8,
        stated=rng.random() < 0.05,
    )


def csv_bytes(draft: Draft) -> bytes:
    """Write a draft as a CSV file."""
    form, lines = draft.dialect, list(draft.every_line())
    chunks = [ENCODINGS[form.encoding][1]]
    if form.stated:
        chunks.append(form.encode(f"sep={form.separator}{form.end}"))
    for line in lines:
        end = form.end if line.end is None else line.end
        if line is lines[-1] and not form.last_end:
            end = ""
        chunks.append(form.encode(draft.written(line)) if line.data is None else line.data)
        chunks.append(form.encode(end))
    return b"".join(chunks)
