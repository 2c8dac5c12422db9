"""Rows of the outbox from CSV files that a program drops in a folder."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, KeyReused
from ovh_sms.outbox.queue import queue_rows
from ovh_sms.outbox.row_check import RowRefused, checked
from ovh_sms.store.outbox_records import QueuedSms

if TYPE_CHECKING:
    from ovh_sms.clock import Clock
    from ovh_sms.outbox.folder import OutboxFolder
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

NEEDED = ("key", "receiver", "message", "sender", "stop_clause")
OPTIONAL = ("class", "coding", "priority", "deferred_until", "validity", "tag", "account", "user")
_YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}
#: Why a row of a file is not queued, beside the reasons of the outbox.
KEY_REUSED, BROKEN = "key_reused", "broken_row"


@dataclass(kw_only=True)
class TakenFiles:
    """The files that were taken.

    :param refused: names of files that are no list of rows; they stay, under another name.
    """

    files: int = 0
    queued: int = 0
    rejected: int = 0
    refused: tuple[str, ...] = ()


def take_files(store: Store, folder: OutboxFolder, clock: Clock, *, allow_fiction: bool) -> TakenFiles:
    """Queue the rows of the files of a folder, and delete the files once their rows are in the outbox.

    A file that is read twice, as its reader was killed, queues nothing twice: its keys are there. Rows that are no SMS
    are named in ``rejected/NAME.csv`` by line, key and reason.

    :raises SourceUnavailable: the folder is in a storage that gave no answer.
    """
    taken = TakenFiles()
    for each in folder.waiting(clock.now().timestamp()):
        try:
            file = folder.take(each)
            content = file.read()
        except FileNotFoundError:  # another worker has taken it
            continue
        try:
            rows = list(_read(content, file.name))
        except ConfigurationError as error:
            log.warning("%s", error)
            file.refuse()
            taken.refused = (*taken.refused, file.name)
            continue
        rejected = _queue(store, rows, taken, allow_fiction=allow_fiction)
        if rejected:
            file.reject(_named(rejected))
        file.remove()
        taken.files += 1
        taken.rejected += len(rejected)
    return taken


def _queue(
    store: Store, rows: list[tuple[int, QueuedSms | None]], taken: TakenFiles, *, allow_fiction: bool
) -> list[tuple[int, str, str]]:
    """Queue the rows that are SMS; return line, key and reason of the others."""
    good: list[tuple[int, QueuedSms]] = []
    rejected = []
    for line, row in rows:
        if row is None:
            rejected.append((line, "", BROKEN))
            continue
        try:
            good.append((line, checked(row, allow_fiction=allow_fiction)))
        except RowRefused as refused:
            rejected.append((line, row.key, refused.reason.value))
    try:
        taken.queued += queue_rows(store, [row for _, row in good], allow_fiction=allow_fiction)
    except KeyReused:
        for line, row in good:
            try:
                taken.queued += queue_rows(store, [row], allow_fiction=allow_fiction)
            except KeyReused:
                rejected.append((line, row.key, KEY_REUSED))
    return sorted(rejected)


def _read(content: bytes, name: str) -> Iterator[tuple[int, QueuedSms | None]]:
    """Read the rows of a file, each with its line; ``None`` for a row that has other fields than the header.

    :raises ConfigurationError: it is no list of rows.
    """
    text = _text_of(content, name)
    header = text.partition("\n")[0]
    separators = [each for each in ";,\t" if each in header]
    if len(separators) != 1 or not text.endswith("\n"):
        raise _refused(name, "its columns are not separated by one of ; , and tabs, or its last line has no end")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separators[0], strict=True)
    try:
        names = [name.strip() for name in next(reader)]
        unknown = {*names} - {*NEEDED, *OPTIONAL}
        missing = sorted({*NEEDED} - {*names})
        if unknown or missing or len({*names}) != len(names):
            # Their names are not written: without a header they are a person's number and text.
            raise _refused(name, f"{len(unknown)} of its columns are unknown, it lacks {missing}, or has one twice")
        found = [(reader.line_num, _row(names, fields)) for fields in reader if fields]
    except csv.Error as error:
        raise _refused(name, f"it is no CSV ({error})") from None
    yield from found


def _text_of(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _refused(name, "it is not in UTF-8") from None


def _row(names: list[str], fields: list[str]) -> QueuedSms | None:
    if len(fields) != len(names):
        return None
    given = dict(zip(names, fields, strict=True))
    try:
        typed = _typed(given)
        return QueuedSms(
            key=given["key"], receiver=given["receiver"], message=given["message"], sender=given["sender"], **typed
        )
    except (KeyError, ValueError):
        return None


def _typed(given: Mapping[str, str]) -> dict[str, Any]:
    """The fields that are no plain text; an empty one is not given.

    :raises KeyError: ``stop_clause`` is neither true nor false.
    :raises ValueError: a number or a time is none.
    """
    optional = {name: given.get(name, "").strip() or None for name in OPTIONAL}
    until, validity = optional["deferred_until"], optional["validity"]
    return {
        "stop_clause": _YES_OR_NO[given["stop_clause"].strip().lower()],
        "message_class": optional["class"],
        "coding": optional["coding"],
        "priority": optional["priority"],
        "deferred_until": None if until is None else datetime.fromisoformat(until),
        "validity": None if validity is None else int(validity),
        "tag": optional["tag"],
        "account": optional["account"] or "",
        "user": optional["user"] or "",
    }


def _named(rejected: list[tuple[int, str, str]]) -> str:
    """Rows that are not queued, as CSV: without number and text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(("line", "key", "reason"))
    writer.writerows(rejected)
    return text.getvalue()


def _refused(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file {name} is not taken into the outbox: {why}.",
        action=f"Nothing of it was queued. It is called {name}.refused now: correct it and name it .csv again.",
    )
