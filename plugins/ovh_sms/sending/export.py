"""Reads OVH's export of outgoing messages: one document instead of one call per message.

Its form: ``;`` separated, some fields quoted, line breaks inside a message, dates as ``YYYY-MM-DD HH:MM:SS`` in a
time zone that OVH does not document. It holds no delivery receipt, so without one the delivery status comes from the
operator code and the operator's words. A text is measured, or compared, and dropped: it is stored nowhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ovh_sms.columns import converted
from ovh_sms.errors import ConfigurationError, Unavailable
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.delivery_status import delivery_status_of
from ovh_sms.messaging.segments import measure
from ovh_sms.store.models import MessageColumns

# OVH may show the clause it appended: a line of its own, with a short number of France.
_SHOWN_STOP = re.compile(r"\nSTOP(?: au)?[ :]?\d{5}$")
#: The operator's words are cut there; digits in a row that may be a phone number are left out.
_MOST_WORDS = 80
_NUMBER = re.compile(r"\+?\d[\d .-]{4,}\d")
#: Rows that are converted together.
_AT_ONCE = 10_000
_NEEDED = ("id", "date", "sender", "receiver", "ptt", "tag", "message", "sentat", "deliveredat")


def read_export(
    path: Path,
    *,
    marketing: bool = False,
    zone: str = "Europe/Paris",
    tag: str | None = None,
    receipts: Mapping[int, int] | None = None,
) -> Iterator[MessageColumns]:
    """Read an export, some thousand messages at a time; memory does not grow with its length.

    :param marketing: whether the messages carry the STOP clause; it counts once, even if the exported text shows it.
    :param zone: time zone of its dates; a date with its own offset wins over it.
    :param tag: only the messages with this tag.
    :param receipts: delivery receipts by OVH's id of the message; each decides over the operator code.
    :raises Unavailable: the document is not a complete export; OVH may give another one.
    :raises ConfigurationError: no such time zone.
    """
    reader = _Reader(_zone(zone), marketing=marketing, receipts=receipts or {})
    with path.open(encoding="utf-8-sig", newline="") as file:
        for block in _blocks(file, path):
            yield _read(block if tag is None else block.of_tag(tag), reader, path)


def read_by_tag(
    path: Path, *, wanted: Callable[[str], bool], marketing: Callable[[str], bool], zone: str = "Europe/Paris"
) -> Iterator[tuple[str, MessageColumns]]:
    """Read an export as :func:`read_export` does, the messages of each tag apart; memory does not grow with its length.

    A tag may come again later.

    :param wanted: whether the messages of a tag are read.
    :param marketing: whether those of a tag carry the STOP clause.
    :raises Unavailable: the document is not a complete export; OVH may give another one.
    """
    readers = {kind: _Reader(_zone(zone), marketing=kind, receipts={}) for kind in (False, True)}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for block in _blocks(file, path):
            for tag, rows in block.by_tag().items():
                if wanted(tag):
                    yield tag, _read(block.at(rows), readers[marketing(tag)], path)


def read_texts(path: Path, *, zone: str = "Europe/Paris") -> Iterator[tuple[str, str, str, datetime | None]]:
    """Read tag, receiver, text and date of each message of an export, as :func:`read_export` reads it.

    :raises Unavailable: the document is not a complete export; OVH may give another one.
    """
    local = _zone(zone)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for block in _blocks(file, path):
            it = block.columns
            for found, receiver, text, date in zip(it["tag"], it["receiver"], it["message"], it["date"], strict=True):
                yield found, receiver, text, _moment(date, local)


def export_blocks(path: Path) -> Iterator[Mapping[str, Sequence[str]]]:
    """Read an export as it is written: some thousand messages at a time, their columns by name in lower case.

    :raises Unavailable: the document is not a complete export; OVH may give another one.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        for block in _blocks(file, path):
            yield block.columns


class _Block(NamedTuple):
    """Some rows: the line that each ends on, and the columns by their names in lower case."""

    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]]

    def where(self, chosen: Sequence[bool]) -> _Block:
        """Return the chosen rows alone."""
        columns = {name: tuple(compress(values, chosen)) for name, values in self.columns.items()}
        return _Block(tuple(compress(self.lines, chosen)), columns)

    def of_tag(self, tag: str) -> _Block:
        """Return the rows of one tag alone."""
        found = [each == tag for each in self.columns["tag"]]
        return self if all(found) else self.where(found)

    def by_tag(self) -> dict[str, list[int]]:
        """Return the numbers of the rows of each tag, from 0."""
        found: dict[str, list[int]] = {}
        for number, tag in enumerate(self.columns["tag"]):
            found.setdefault(tag, []).append(number)
        return found

    def at(self, numbers: Sequence[int]) -> _Block:
        """Return the rows with some numbers."""
        if len(numbers) == len(self.lines):
            return self
        columns = {name: tuple(map(values.__getitem__, numbers)) for name, values in self.columns.items()}
        return _Block(tuple(map(self.lines.__getitem__, numbers)), columns)


class _Reader:
    """Turns columns of an export into columns of messages."""

    def __init__(self, local: ZoneInfo, *, marketing: bool, receipts: Mapping[int, int]) -> None:
        self._local, self._marketing, self._receipts = local, marketing, receipts

    def messages(self, it: Mapping[str, Sequence[str]]) -> MessageColumns:
        """Read the messages of some rows.

        :raises ValueError: an id, a code or a date cannot be read.
        """
        ids = tuple(map(int, it["id"]))
        nothing = ("",) * len(ids)
        words, receipts = it.get("descriptiondlr", nothing), tuple(map(self._receipts.get, ids))
        codes = converted(it["ptt"], _code)
        sent, delivered = self._moments(it["sentat"]), list(self._moments(it["deliveredat"]))
        for at, (begin, end) in enumerate(zip(sent, delivered, strict=True)):
            if begin and end and end < begin:
                # The hour that autumn repeats: nothing is delivered before it is sent.
                delivered[at] = _moment(it["deliveredat"][at], self._local, second=True)
        return {
            "outgoing_id": ids,
            "tag": it["tag"],
            "receiver": it["receiver"],
            "sender": it["sender"],
            "created_at": self._moments(it["date"]),
            "sent_at": sent,
            "delivered_at": delivered,
            "delivery_receipt": receipts,
            "operator_code": codes,
            "operator": converted(it.get("operatorcode", nothing), lambda operator: operator or None),
            "delivery_status": converted(tuple(zip(receipts, codes, words, strict=True)), _status),
            "segments": self._segments(it),
            "operator_words": converted(words, _operator_words),
        }

    def _moments(self, texts: Sequence[str]) -> Sequence[datetime | None]:
        return converted(texts, lambda text: _moment(text, self._local))

    def _segments(self, it: Mapping[str, Sequence[str]]) -> Sequence[int]:
        if not self._marketing:
            return converted(it["message"], lambda text: measure(text).segments)
        appended = map(is_clause_appended, it["message"], it["sender"], it["receiver"])
        texts = tuple(zip(it["message"], appended, strict=True))
        return converted(texts, lambda pair: measure(pair[0], stop_clause=pair[1]).segments)


def is_clause_appended(text: str, sender: str, receiver: str) -> bool:
    """Return whether the STOP clause of a marketing message comes on top of its exported text."""
    return bool(sender) and takes_stop_clause(receiver) and not _SHOWN_STOP.search(text)


def _code(text: str) -> int | None:
    return int(text) if text.strip() else None


def _read(block: _Block, reader: _Reader, path: Path) -> MessageColumns:
    """Read a block; if a row of it is wrong, find that row."""
    try:
        return reader.messages(block.columns)
    except ValueError:
        line = _first_wrong_line(block, reader)
    # The value itself is not shown: it may be a phone number or a text.
    raise _invalid(path, f"line {line} holds an id, a code or a date that cannot be read")


def _first_wrong_line(block: _Block, reader: _Reader) -> int:
    for at, line in enumerate(block.lines):
        try:
            reader.messages({name: values[at : at + 1] for name, values in block.columns.items()})
        except ValueError:
            return line
    raise AssertionError("a block without a wrong row cannot be read")


def _blocks(lines: Iterator[str], path: Path) -> Iterator[_Block]:
    """Cut the rows into blocks."""
    reader = csv.reader(lines, delimiter=";", strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise _invalid(path, _not_an_export(header, missing))
        rows, width = _whole_rows(reader, len(header), path), 1 + len(header)
        # Cells instead of rows: Python's garbage collector would go through thousands of lists again and again.
        while cells := tuple(chain.from_iterable(islice(rows, _AT_ONCE))):
            ends, *columns = (cells[at::width] for at in range(width))
            yield _Block(ends, dict(zip(header, columns, strict=True)))
    except csv.Error:
        raise _invalid(path, f"the quotes do not match, up to line {reader.line_num}") from None
    except UnicodeDecodeError:
        raise _invalid(path, f"it is not UTF-8 text, after line {reader.line_num}") from None


def _whole_rows(reader: Any, width: int, path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the line that each row ends on, and its fields; empty lines are none."""
    for fields in reader:
        if len(fields) == width:
            yield reader.line_num, *fields
        elif fields:
            raise _invalid(path, f"line {reader.line_num} has {len(fields)} fields instead of {width}")


def _not_an_export(header: list[str], missing: list[str]) -> str:
    if not header:
        return "it is empty"
    if header[0].startswith("<"):
        return "it is a web page"
    return f"its first line does not name the columns {', '.join(missing)}"


def _invalid(path: Path, reason: str) -> Unavailable:
    return Unavailable(
        f"The export {path.name} cannot be used: {reason}.", action="Run the task again: it asks OVH for a new export."
    )


def _status(found: tuple[int | None, int | None, str]) -> str:
    receipt, operator_code, words = found
    if receipt is None:
        return delivery_status_of(None, operator_code, words).value
    return delivery_status_of(receipt, operator_code).value


def _operator_words(text: str) -> str | None:
    """Read the operator's words: short, and without what may be a phone number."""
    words = _NUMBER.sub("…", " ".join(text.split()))
    return words[:_MOST_WORDS] or None


def _moment(text: str, local: ZoneInfo, *, second: bool = False) -> datetime | None:
    """Read a date; ``second`` means the second of two equal hours at the end of summer time."""
    text = text.strip()
    if not text or text.startswith("0000-00-00") or text.lower() == "null":
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=local, fold=int(second))
    return moment.astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ConfigurationError(
            f"There is no time zone {name!r} to read the export's dates in.",
            action="Use a name such as Europe/Paris or UTC.",
        ) from None
