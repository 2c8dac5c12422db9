"""Reads the prepared lists of runs: who is in a batch that is not collected, and which key a receiver has."""

from __future__ import annotations

import csv
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.contacts.prepared_list import KEYS_NAME, PreparedList
from ovh_sms.errors import FilesUnavailable, OvhSmsError
from ovh_sms.settings import inside_data

if TYPE_CHECKING:
    from ovh_sms.store.inbound_records import ListedBatch, SentMessage

log = logging.getLogger(__name__)


def messages_in_lists(batches: Iterable[ListedBatch], numbers: Collection[str]) -> dict[str, list[SentMessage]]:
    """Find people in the lists of batches, by their numbers; a list that is gone is left out.

    :param numbers: E.164.
    """
    found: dict[str, list[SentMessage]] = {}
    for each in batches:
        for number in set(_first_cells(_list_path(each))).intersection(numbers) if numbers else ():
            found.setdefault(number, []).append(each.sent)
    return found


def receiver_keys(folders: Iterable[str], numbers: Collection[str]) -> Mapping[str, str]:
    """Read the keys of some receivers of a run; those that are not known any more are left out.

    A number that the list has with several keys has none: nobody knows which of them answers.

    :param folders: of the run's prepared lists.
    :param numbers: E.164.
    """
    found: dict[str, set[str]] = {}
    for folder in folders:
        for row in _rows(_inside(folder, KEYS_NAME)):
            if len(row) == 2 and row[1] and row[0] in numbers:
                found.setdefault(row[0], set()).add(row[1])
    return {number: key for number, (key, *more) in found.items() if not more}


def receiver_columns(folders: Iterable[str], numbers: Collection[str]) -> dict[str, dict[str, str]]:
    """Read the values that the prepared lists of a run hold for some receivers.

    A number that stands in several rows is left out: nobody knows which of them answers.

    :param folders: of the run's prepared lists.
    :param numbers: E.164.
    :returns: values by column, by number; those of lists that are gone are missing.
    """
    found: dict[str, list[dict[str, str]]] = {}
    for folder in folders:
        try:
            paths = [each.list_path for each in PreparedList.load(inside_data(folder)).batches]
        except FilesUnavailable:
            raise
        except (OvhSmsError, OSError):
            log.warning("a prepared list of the run is gone: no value of its columns is known")
            continue
        for path in paths:
            for row in _rows_with_header(path):
                if row and next(iter(row.values())) in numbers:
                    found.setdefault(next(iter(row.values())), []).append(row)
    return {number: rows[0] for number, rows in found.items() if len(rows) == 1}


def _list_path(batch: ListedBatch) -> Path | None:
    try:
        if batch.submitted_path:
            return inside_data(batch.submitted_path)
        return PreparedList.load(inside_data(batch.folder)).batches[batch.batch - 1].list_path
    except FilesUnavailable:
        raise
    except (OvhSmsError, OSError, IndexError):
        log.warning("the list of batch tag=%s is gone: no reply is matched by it", batch.sent.tag)
        return None


def _inside(folder: str, name: str) -> Path | None:
    try:
        return inside_data(folder) / name
    except OvhSmsError:
        return None


def _first_cells(path: Path | None) -> Iterator[str]:
    yield from (row[0] for row in _rows(path) if row)


def _rows(path: Path | None) -> Iterator[list[str]]:
    """The rows of a file without its header; none if it is gone."""
    if path is None:
        return
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=";")
            next(rows, None)
            yield from rows
    except OSError:
        return


def _rows_with_header(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file with the names of their columns; none if it is gone."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter=";")
    except OSError:
        return
