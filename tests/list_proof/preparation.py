"""Prepares a list as a run does. The only module here that knows the package."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, prepare_contacts
from ovh_sms.contacts.read import csv_blocks
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.message_check import as_sent
from support.lists import no_fetch

#: The day of every preparation.
TODAY = date(2026, 12, 1)


@dataclass
class Prepared:
    """The outcome of a preparation.

    :param receivers: rows of the prepared list: the number, and the values by column.
    :param rejects: line, reason and value of each rejected row.
    :param message: as OVH is given it, which merges by the names of its list.
    :param left_over: columns whose empty values are reported to leave something odd.
    """

    error: str = ""
    rows: int = 0
    receivers: list[dict[str, str]] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    message: str = ""
    left_over: set[str] = field(default_factory=set)


def prepare(path: Path, message: str, options: dict[str, Any], out: Path, block_bytes: int) -> Prepared:
    """Prepare a list.

    :param block_bytes: bytes that are read at once: a row may begin in one block and end in the next.
    """
    csv_blocks.BLOCK_BYTES = block_bytes
    request = PreparationRequest(
        contacts=str(path),
        message=message,
        stop_clause=False,
        options=ContactOptions(allow_fiction=True, **options),
        today=TODAY,
    )
    try:
        result = prepare_contacts(request, out=out, fetch=no_fetch)
    except ConfigurationError as error:
        return Prepared(error=str(error))
    found = result.prepared
    receivers = [row for batch in found.batches for row in _rows(batch.list_path)]
    rejects = [(int(row["line"]), row["reason"], row["value"]) for row in _rows(found.rejects_path)]
    return Prepared("", found.rows, receivers, rejects, as_sent(message), set(result.left_overs))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))
