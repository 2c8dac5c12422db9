"""Files of receivers beside a prepared list, readable by their owner only."""

from __future__ import annotations

import csv
import hashlib
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ovh_sms.errors import FilesUnavailable
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
#: Characters of a number that are read from a damaged list.
_LONGEST = 40
#: How the name of the list without them begins; a part of its digest follows.
WITHOUT_OPT_OUTS = "submitted_without_opt_outs_"


def digits(number: str) -> int:
    """Return a phone number, in E.164 or as OVH writes it, as the integer of its digits."""
    plain = number.removeprefix("+")
    if plain.isascii() and plain.isdigit():  # nearly all: a pattern takes several times as long
        return int(plain)
    found = re.sub(r"\D", "", number)
    return int(found) if found else 0


def is_unchanged(path: Path, digest: str) -> bool:
    """Return whether a list is still the one that was prepared.

    :param digest: SHA-256 of its file, hexadecimal.
    """
    with path.open("rb") as file:
        is_same = hashlib.file_digest(file, "sha256").hexdigest() == digest
    if not is_same:
        _log.warning("%s is not the list that was prepared", path.name)
    return is_same


def read_list(path: Path) -> list[list[str]]:
    """Read a prepared list: header and rows, the number first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def listed_numbers(path: Path) -> set[int]:
    """Read the numbers of a prepared list as :func:`digits`, without holding its rows."""
    from ovh_sms.contacts.classify.receiver_digests import list_numbers

    try:
        return set(list_numbers(path).tolist())
    except (ValueError, csv.Error):  # OVH has accepted the batch: its answer must not be lost for a damaged list
        with path.open(encoding="utf-8", errors="replace") as file:
            next(file, "")
            return {digits(line.partition(";")[0][:_LONGEST]) for line in file}


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
    except (OSError, FilesUnavailable) as error:
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
