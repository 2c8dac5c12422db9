"""Reads OVH's export of outgoing messages: one document instead of one call per message.

Its form: ``;`` separated, some fields quoted, line breaks inside a message, dates as ``YYYY-MM-DD HH:MM:SS`` in a
time zone that OVH does not document. It holds no delivery receipt, so the delivery status comes from the operator
code and the operator's words. A text is measured, or compared, and dropped: it is stored nowhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError, Unavailable
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.delivery_status import delivery_status_of
from ovh_sms.messaging.segments import measure
from ovh_sms.store.models import Message

# OVH may show the clause it appended: a line of its own, with a short number of France.
_SHOWN_STOP = re.compile(r"\nSTOP(?: au)?[ :]?\d{5}$")
#: The operator's words are cut there; digits in a row that may be a phone number are left out.
_MOST_WORDS = 80
_NUMBER = re.compile(r"\+?\d[\d .-]{4,}\d")
_NEEDED = ("id", "date", "sender", "receiver", "ptt", "tag", "message", "sentat", "deliveredat")


def read_export(
    path: Path, *, marketing: bool = False, zone: str = "Europe/Paris", tag: str | None = None
) -> Iterator[Message]:
    """Read an export message by message; memory does not grow with its length.

    :param marketing: whether the messages carry the STOP clause; it counts once, even if the exported text shows it.
    :param zone: time zone of its dates; a date with its own offset wins over it.
    :raises Unavailable: the document is not a complete export; OVH may give another one.
    :raises ConfigurationError: no such time zone.
    """
    local = _zone(zone)
    counted = lru_cache(maxsize=4096)(lambda message, stop: measure(message, stop_clause=stop).segments)

    def segments(row: dict[str, str]) -> int:
        appended = marketing and bool(row["sender"]) and takes_stop_clause(row["receiver"])
        return int(counted(row["message"], appended and not _SHOWN_STOP.search(row["message"])))

    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in _rows(file, path):
            if tag is not None and row["tag"] != tag:
                continue
            try:
                message = _message(row, local, segments)
            except ValueError:
                # The value itself is not shown: it may be a phone number or a text.
                raise _invalid(path, f"line {line} holds an id, a code or a date that cannot be read") from None
            yield message


def read_texts(path: Path, *, zone: str = "Europe/Paris") -> Iterator[tuple[str, str, str, datetime | None]]:
    """Read tag, receiver, text and date of each message of an export, as :func:`read_export` reads it.

    :raises Unavailable: the document is not a complete export; OVH may give another one.
    """
    local = _zone(zone)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _, row in _rows(file, path):
            yield row["tag"], row["receiver"], row["message"], _moment(row["date"], local)


def _rows(lines: Iterator[str], path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by its column names in lower case, with the line it ends on."""
    reader = csv.reader(lines, delimiter=";", strict=True)
    header: list[str] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise _invalid(path, _not_an_export(header, missing))
        for fields in reader:
            if len(fields) == len(header):
                yield reader.line_num, dict(zip(header, fields, strict=True))
            elif fields:
                found = f"line {reader.line_num} has {len(fields)} fields instead of {len(header)}"
                raise _invalid(path, found)
    except csv.Error:
        raise _invalid(path, f"the quotes do not match, up to line {reader.line_num}") from None
    except UnicodeDecodeError:
        raise _invalid(path, f"it is not UTF-8 text, after line {reader.line_num}") from None


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


def _message(row: dict[str, str], local: ZoneInfo, segments: Callable[[dict[str, str]], int]) -> Message:
    operator_code = int(row["ptt"]) if row["ptt"].strip() else None
    sent_at = _moment(row["sentat"], local)
    delivered_at = _moment(row["deliveredat"], local)
    if sent_at and delivered_at and delivered_at < sent_at:
        # The hour that autumn repeats: nothing is delivered before it is sent.
        delivered_at = _moment(row["deliveredat"], local, second=True)
    return Message(
        outgoing_id=int(row["id"]),
        tag=row["tag"],
        receiver=row["receiver"],
        sender=row["sender"],
        created_at=_moment(row["date"], local),
        sent_at=sent_at,
        delivered_at=delivered_at,
        delivery_receipt=None,
        operator_code=operator_code,
        operator=row.get("operatorcode") or None,
        delivery_status=delivery_status_of(None, operator_code, row.get("descriptiondlr")).value,
        segments=segments(row),
        operator_words=_operator_words(row.get("descriptiondlr")),
    )


def _operator_words(text: str | None) -> str | None:
    """Read the operator's words: short, and without what may be a phone number."""
    words = _NUMBER.sub("…", " ".join((text or "").split()))
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
