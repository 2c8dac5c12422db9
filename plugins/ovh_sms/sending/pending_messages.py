"""Messages of one sending among those that wait at OVH, which carry no tag."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.messaging.merge import render

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Job

#: How much earlier than OVH's own time before it a sending may seem to be created.
CLOCKS_DIFFER = timedelta(minutes=1)
#: More waiting messages than this are not looked through: at 50 in a call it would take too long.
MOST = 20_000
#: The STOP clause as OVH may write it behind a text.
_STOP = re.compile(r"\s*STOP\b.{0,30}", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class PendingMatch:
    """What waits at OVH at one moment.

    :param ours: certainly of the sending: its sender, a receiver of its, and that receiver's own text.
    :param ambiguous: perhaps of the sending: for one of its receivers, or for anybody where they are not known.
    :param others: certainly of others, made since the sending was about to be made.
    :param truncated: whether there are so many of others that they were not read.
    """

    ours: Sequence[Job]
    ambiguous: Sequence[Job]
    others: Sequence[Job]
    truncated: bool = False


@dataclass
class PendingMatcher:
    """Finds the waiting messages of one sending by sender, receiver, text and time.

    :param client: the account's client.
    :param texts: each receiver's text by E.164 digits; ``None`` where the receivers are not known.
    :param sender: the sending's sender; empty where receivers answer to a short number.
    :param since: OVH's own time when the sending was about to be made, aware.
    :param until: OVH's own time when a later sending of the same kind may have begun; ``None`` where there is none.
    :param shared: whether another sending may have made the same messages, so that none is certainly this one's.
    :param before: OVH's ids of messages of others that are certainly older: they are not even read.
    :param foreign: OVH's ids of messages of others, which may be newer.

    The last three may be set anew before each look. A message that was read once is not read again: it does not change
    while it waits.
    """

    client: OvhSmsClient
    texts: Mapping[int, str] | None
    sender: str
    since: datetime
    until: datetime | None = None
    shared: bool = False
    before: Collection[int] = frozenset()
    foreign: Collection[int] = frozenset()
    _known: dict[int, Job] = field(default_factory=dict, init=False)

    def find(self) -> PendingMatch | None:
        """Sort those that wait right now.

        :returns: the messages; ``None`` where there are too many on the account to look through.

        Rests on GET /sms/{serviceName}/jobs and /jobs/{id}.
        """
        waiting = [each for each in self.client.pending_jobs() if each not in self.before]
        new = [each for each in waiting if each not in self._known]
        truncated = len(new) > MOST
        if truncated:
            new = [each for each in new if each not in self.foreign]
        if len(new) > MOST:
            return None
        for job in self.client.jobs_many(new):
            self._known[job.id] = job
        found: dict[str, list[Job]] = {"ours": [], "ambiguous": [], "others": []}
        for each in waiting:
            if each in self._known and (kind := self._kind(self._known[each])):
                found[kind].append(self._known[each])
        return PendingMatch(**found, truncated=truncated)

    def _kind(self, job: Job) -> str:
        """``ours``, ``ambiguous`` or ``others``; nothing for those made before."""
        if job.created < self.since - CLOCKS_DIFFER:
            return ""
        others = "others" if job.created >= self.since.replace(microsecond=0) else ""
        if job.id in self.foreign:
            return others
        if (self.sender and job.sender != self.sender) or (self.until and job.created >= self.until):
            return others
        if self.texts is None:
            return "ambiguous"
        text = self.texts.get(digits(job.receiver))
        if text is None:
            return others
        return "ours" if not self.shared and _reads(job.message, text) else "ambiguous"


def _reads(message: str, text: str) -> bool:
    """Tell whether a message is a text, perhaps with the STOP clause behind it."""
    message, text = message.strip(), text.strip()
    return message.startswith(text) and (
        len(message) == len(text) or _STOP.fullmatch(message, len(text)) is not None
    )


def read_list(path: Path) -> list[list[str]]:
    """Read a prepared list.

    :param path: its file.
    :returns: header and rows, the number first.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def merged(message: str, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Write what each receiver of a list will read.

    :param message: the text, with ``#column#``.
    :param rows: header and rows, the number first.
    :returns: E.164 digits and text of each.
    """
    header = rows[0]
    for row in rows[1:]:
        yield digits(row[0]), render(message, dict(zip(header, row, strict=True)))


def digits(number: str) -> int:
    """Give a phone number as the integer of its digits.

    :param number: as E.164, or as OVH writes it.
    """
    found = re.sub(r"\D", "", number)
    return int(found) if found else 0


def write_without(rows: Sequence[Sequence[str]], there: Collection[int], path: Path) -> int:
    """Write the receivers of whom OVH shows no message, as a list that a campaign can be sent to.

    :param rows: header and rows of the list, the number first.
    :param there: E.164 digits of those it shows.
    :param path: the file, readable by its owner only; none is left where nobody is missing.
    :returns: how many there are.
    """
    from ovh_sms.private_files import private_file, private_folder

    missing = [row for row in rows[1:] if digits(row[0]) not in there]
    if not missing:
        path.unlink(missing_ok=True)
        return 0
    private_folder(path.parent)
    with private_file(path).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([rows[0], *missing])
    return len(missing)
