"""Files of receivers beside a prepared list, readable by their owner only."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.private_files import private_file, private_folder

_log = logging.getLogger(__name__)

#: Receivers without a message at OVH.
NOT_FOUND = "receivers_not_found.csv"
#: Numbers that OVH refused.
REFUSED_NUMBERS = "refused_receivers.csv"
#: Numbers that OVH sent to although they are not on the list.
UNEXPECTED = "sent_but_not_on_the_list.csv"
#: Receivers who were left out of a batch right before its POST.
LEFT_OUT = "opted_out_since.csv"
#: How the name of the list without them begins; a part of its digest follows.
WITHOUT_OPT_OUTS = "submitted_without_opt_outs_"


def digits(number: str) -> int:
    """Return a phone number, in E.164 or as OVH writes it, as the integer of its digits."""
    found = re.sub(r"\D", "", number)
    return int(found) if found else 0


def read_list(path: Path) -> list[list[str]]:
    """Read a prepared list: header and rows, the number first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def merged_texts(message: str, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Merge the message for each receiver of a list."""
    header = rows[0]
    for row in rows[1:]:
        yield digits(row[0]), render(message, dict(zip(header, row, strict=True)))


def write_numbers(path: Path, numbers: Sequence[str]) -> Path | None:
    """Write numbers as OVH wrote them; if the file cannot be written, OVH's answer must not be lost for it."""
    try:
        private_folder(path.parent)
        lines = [safe_cell(number) for number in numbers]
        private_file(path).write_text("\n".join(["number", *lines, ""]), encoding="utf-8")
    except OSError as error:
        _log.error("%s not written, numbers=%d error=%s", path.name, len(numbers), type(error).__name__)
        return None
    return path


def write_not_found(path: Path, rows: Sequence[Sequence[str]], found: Collection[int]) -> int:
    """Write the receivers without a message at OVH, as a list that a campaign can use.

    :param path: the file; none is left if nobody is missing.
    :param found: E.164 digits of the receivers that OVH shows.
    """
    missing = [row for row in rows[1:] if digits(row[0]) not in found]
    if not missing:
        path.unlink(missing_ok=True)
        return 0
    private_folder(path.parent)
    with private_file(path).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([rows[0], *missing])
    return len(missing)
