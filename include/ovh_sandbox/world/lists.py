"""Lists of receivers, read row by row and checked as OVH checks them."""

import csv
import hashlib
import http.client
import ipaddress
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import bad
from .parts import foreign

NUMBER = "number"
FETCH_SECONDS = 30


def header(path: Path) -> list[str]:
    """Return the trimmed column names of a list; refused if none of them is ``number``."""
    for columns, _ in _rows(path):
        names = [name.strip() for name in columns]
        if NUMBER not in names:
            raise bad("The CSV file must have a header row with a column named 'number' on line 1")
        return names
    raise bad("The CSV file is empty on line 1")


def _rows(path: Path) -> Iterator[tuple[list[str], int]]:
    line = 0
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, delimiter=";", strict=True)
            for row in reader:
                line = reader.line_num
                if row:
                    yield row, line
    except UnicodeDecodeError:
        raise bad(f"The CSV file is not encoded in UTF-8 on line {_undecodable(path)}") from None
    except csv.Error:
        raise bad(f"The CSV file is malformed on line {line + 1}") from None


def _undecodable(path: Path) -> int:
    """Find the first line that is not UTF-8; text is decoded in blocks, so the reader's count is not exact."""
    with path.open("rb") as stream:
        for line, content in enumerate(stream, start=1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:
                return line
    return 1


def check(path: Path) -> int:
    """Check a whole list and return the number of its records; a refusal's message ends ``on line N``.

    Every value must fit a 7-bit message, but numbers are not checked, as OVH offers to clean them out later.
    """
    names = header(path)
    place = names.index(NUMBER)
    records = 0
    for row, line in _data(path):
        if len(row) > len(names):
            raise bad(f"Too many columns on line {line}")
        for column, value in enumerate(row):
            if column != place and foreign(value) is not None:
                raise bad(f"Column '{names[column]}' holds characters outside of the GSM 7-bit alphabet on line {line}")
        records += 1
    return records


def _data(path: Path) -> Iterator[tuple[list[str], int]]:
    rows = _rows(path)
    next(rows)
    yield from rows


def receivers(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the number of each row and all its values, padded to the header."""
    names = header(path)
    place, width = names.index(NUMBER), len(names)
    for row, _ in _data(path):
        if len(row) < width:
            row += [""] * (width - len(row))
        yield row[place], row


def digest(path: Path) -> str:
    """Return the SHA-256 of a list's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def clean(path: Path, target: Path, keep: Callable[[str], str | None]) -> int:
    """Write a list without duplicates and without numbers that ``keep`` refuses; returns the records."""
    names = header(path)
    place = names.index(NUMBER)
    seen: set[str] = set()
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(names)
        for number, row in receivers(path):
            tidy = keep(number)
            if tidy is None or tidy in seen:
                continue
            seen.add(tidy)
            writer.writerow([*row[:place], tidy, *row[place + 1 :]])
    return len(seen)


def fetch(url: str, target: Path, *, own: str, server: tuple[str, int]) -> None:
    """Download a list over HTTP, only from this machine, as no call shall leave it.

    :param own: host and port by which the client called the sandbox; an address with them is the sandbox's own.
    :param server: the address that the sandbox listens on.
    """
    parts = urlsplit(url)
    host, port = server if parts.netloc == own else (parts.hostname or "", parts.port or 80)
    if parts.scheme != "http" or not (parts.netloc == own or _loopback(host)):
        raise bad(f"The sandbox fetches documents over http from this machine only, not from {parts.hostname}")
    connection = http.client.HTTPConnection(host, port, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        if answer.status != 200:
            raise bad(f"The document could not be downloaded: HTTP {answer.status}")
        with target.open("wb") as stream:
            shutil.copyfileobj(answer, stream)
    except (OSError, http.client.HTTPException):
        raise bad("The document could not be downloaded") from None
    finally:
        connection.close()


def _loopback(host: str) -> bool:
    try:
        return all(ipaddress.ip_address(found[4][0]).is_loopback for found in socket.getaddrinfo(host, None))
    except OSError:
        return False
