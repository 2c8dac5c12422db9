"""XML of a workbook, parsed as a stream: no entity of its own is expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.parsers import expat


class DamagedWorkbook(ValueError):
    """A workbook is not what its own archive says."""


class SharedTexts:
    """Collects the texts of ``si`` or ``is`` elements: all their runs, without the readings of Asian scripts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._text: list[str] | None = None
        self._reading = 0
        self._runs: list[str] = []

    def start(self, tag: str, _: dict[str, str]) -> None:
        """Take the start of an element."""
        if tag in ("si", "is"):
            self._runs = []
        elif tag == "rPh":
            self._reading += 1
        elif tag == "t" and not self._reading:
            self._text = self._runs

    def data(self, text: str) -> None:
        """Take some text."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if tag == "t":
            self._text = None
        elif tag == "rPh":
            self._reading -= 1
        elif tag in ("si", "is"):
            self.found.append("".join(self._runs))


def parse(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any] | None = None,
    data: Callable[[str], Any] | None = None,
) -> None:
    """Parse XML; tags are given without their namespace, and entities of the file's own are refused."""
    for _ in parsing(chunks, start, end, data):
        pass


def parsing(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any] | None = None,
    data: Callable[[str], Any] | None = None,
) -> Iterator[None]:
    """Parse XML as :func:`parse` does, and pause behind each chunk."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if data is not None:
        parser.CharacterDataHandler = data

    def refuse(*_: object) -> None:
        raise DamagedWorkbook("a document type in a workbook")

    parser.StartDoctypeDeclHandler = refuse
    for chunk in chunks:
        parser.Parse(chunk)
        yield
    parser.Parse(b"", True)
    yield
