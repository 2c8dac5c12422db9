"""Acceptance of a job: every receiver gets a message with its fate and its credits are taken, or nothing happens."""

import json
import math
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PrivateAttr

from ..clock import whole
from ..errors import bad
from ..models import Body
from ..sandbox import Sandbox
from . import blacklist, lists, replies, transfers, users
from .fate import Fates
from .hours import Spacing
from .messages import JOB_BASE
from .numbers import credits_per_part, french, valid
from .parts import STOP_CLAUSE, Size, measure

MOST_PARTS = 255
VALIDITY_MINUTES = 2880
# Seconds before the first message leaves.
PRIORITY = {"high": 1, "medium": 2, "low": 5, "veryLow": 15}
_column = re.compile("#([^#]+)#")

Rows = Iterable[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class List:
    """The list of a job.

    :param source: ``receivers`` of the call, ``slot`` or ``document``; ``slot`` and ``description`` are a slot's.
    :param records: its rows; the first ``most`` of them are accepted, None for all.
    :param digest: SHA-256 of the list's bytes, or of a call's receivers, one a line.
    :param late: real seconds for which OVH lists none of the messages.
    """

    source: str
    records: int
    digest: str
    slot: int | None = None
    description: str | None = None
    most: int | None = None
    late: float | None = None

    @property
    def given(self) -> int:
        """The rows that are accepted."""
        return self.records if self.most is None else min(self.most, self.records)


class Job(Body):
    """A job as OVH takes it; delay and validity in minutes. An empty sender is a short number."""

    model_config = ConfigDict(populate_by_name=True)

    message: str
    charset: Literal["UTF-8"] = "UTF-8"
    sms_class: Literal["flash", "phoneDisplay", "sim", "toolkit"] | None = Field(default=None, alias="class")
    coding: Literal["7bit", "8bit"] | None = None
    differedPeriod: Annotated[int, Field(ge=0)] = 0
    noStopClause: bool = False
    priority: Literal["high", "medium", "low", "veryLow"] = "high"
    receivers: list[str] | None = None
    receiversDocumentUrl: str | None = None
    receiversSlotId: str | None = None
    sender: str | None = None
    senderForResponse: bool = False
    tag: str = ""
    validityPeriod: Annotated[int, Field(ge=1)] = VALIDITY_MINUTES
    # The very moment at which those of an OVH batch leave, seconds since 1970.
    _leaves: float | None = PrivateAttr(default=None)

    def leaving_at(self, moment: float, *, now: float) -> "Job":
        """Return the job with messages that leave at a moment, seconds since 1970."""
        held = self.model_copy(update={"differedPeriod": max(0, round((moment - now) / 60))})
        held._leaves = moment
        return held

    def start(self, now: float) -> float:
        """Return the moment from which its messages leave."""
        if self._leaves is not None:
            return max(now + PRIORITY[self.priority], self._leaves)
        return now + self.differedPeriod * 60 + PRIORITY[self.priority]

    @property
    def stop_clause(self) -> bool:
        """Whether messages to French numbers get a STOP clause."""
        return not self.noStopClause and self.sender != ""


@dataclass
class Report:
    """The result of a job; its messages are the rows first..last."""

    first: int
    last: int
    invalid: list[str]
    credits: float

    def body(self, db: sqlite3.Connection, tag: str) -> bytes:
        """Make OVH's answer bit by bit, because it can name a million receivers."""
        ids = ",".join(map(str, range(self.first + JOB_BASE, self.last + JOB_BASE + 1)))
        sql = "SELECT receiver FROM messages WHERE id BETWEEN ? AND ? ORDER BY id"
        found = db.execute(sql, (self.first, self.last))
        receivers = ",".join(f'"{row[0]}"' for row in found)
        rest = {"invalidReceivers": self.invalid, "tag": tag, "totalCreditsRemoved": self.credits}
        return f'{{"ids":[{ids}],"validReceivers":[{receivers}],{json.dumps(rest)[1:]}'.encode()


@dataclass
class Acceptance:
    """A job while its messages are written."""

    job: Job
    number: int
    first: int
    now: float
    fates: Fates
    blocked: set[str]
    render: Callable[[Sequence[str]], str] | None
    next_row: int
    invalid: list[str] = field(default_factory=list)
    credits: float = 0.0
    last_sent: int = 0

    def rows(self, receivers: Rows) -> Iterator[tuple[object, ...]]:
        """Yield the rows to store, one a valid receiver; a number given twice gets two."""
        job = self.job
        start = job.start(self.now)
        free, held = Spacing(start, held=False), Spacing(start, held=True)
        sizes = {stop: measure(job.message + STOP_CLAUSE * stop) for stop in (False, True)}
        for given, values in receivers:
            receiver = valid(given)
            stop = job.stop_clause and receiver is not None and french(receiver)
            if (
                receiver is None
                or (stop and receiver in self.blocked)
                or not (job.sender or receiver.startswith("+33"))
            ):
                self.invalid.append(given)
                continue
            text = self.render(values) if self.render else None
            size = sizes[stop] if text is None else _sized(text + STOP_CLAUSE * stop)
            cost = size.parts * credits_per_part(receiver)
            sent_at = (held if stop else free).next()
            fate = self.fates.of(receiver, sent_at, offers_stop=stop)
            message = (self.next_row, self.number, receiver, text, size.length, size.parts, cost, stop)
            yield (*message, sent_at, *fate)
            self.next_row += 1
            self.credits += cost
            self.last_sent = max(self.last_sent, sent_at)


def _sized(text: str) -> Size:
    size = measure(text)
    if size.parts > MOST_PARTS:
        raise bad("The message is too long")
    return size


def merger(message: str, columns: Sequence[str]) -> Callable[[Sequence[str]], str] | None:
    """Return a function that merges a row's values into the message; None if it names no column of the list."""
    fragments = _column.split(message)
    names = fragments[1::2]
    if not any(name in columns for name in names):
        return None
    template = "".join(
        fragment.replace("%", "%%")
        if place % 2 == 0
        else ("%s" if fragment in columns else f"#{fragment}#".replace("%", "%%"))
        for place, fragment in enumerate(fragments)
    )
    positions = [columns.index(name) for name in names if name in columns]
    return lambda values: template % tuple(values[position] for position in positions)


def accept(
    box: Sandbox,
    account: str,
    job: Job,
    target: List,
    receivers: Rows,
    columns: Sequence[str],
    *,
    user: str | None = None,
) -> Report:
    """Accept a job: all its messages and their credits, or nothing.

    :param receivers: the number and the values of each row of the list ``target``.
    :param columns: the names of these values, for mail merge.
    :param user: login of the user who sends; None for the account itself.
    :raises Refusal: if the account, or the user's quota, has too few credits.
    """
    _sized(job.message)
    with box.state.write() as db:
        first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM messages").fetchone()[0]
        number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM jobs").fetchone()[0]
        chosen = {"unreachable": frozenset(box.features["unreachable"]), "ends": box.features["ends"]}
        fates = Fates(box.seed, account, job.tag, validity=job.validityPeriod * 60, **chosen)
        blocked = blacklist.numbers(box, account) if job.stop_clause else set()
        merge = merger(job.message, columns)
        work = Acceptance(job, number, first, box.now, fates, blocked, merge, next_row=first)
        db.executemany(
            "INSERT INTO messages (id, job, receiver, message, length, parts, credits, stop_clause, sent_at,"
            " final_at, dlr, ptt, operator, stop_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            work.rows(islice(receivers, target.most)),
        )
        cost = round(work.credits, 2)
        by_quota = _charge(box, account, user, cost)
        if work.next_row > first:
            _record(box, db, account, work, target, cost)
            if user is not None:
                users.record(box, account, user, number, quota=by_quota)
            if job.sender == "":
                replies.foresee(box, account, job.tag, first, work.next_row - 1)
        transfers.recredit(box, account)
    return Report(first, work.next_row - 1, work.invalid, whole(cost))


def _charge(box: Sandbox, account: str, user: str | None, cost: float) -> bool:
    """Take the credits; returns whether a user's quota paid."""
    if user is not None:
        return users.spend(box, account, user, cost)
    box.spend(account, cost)
    return False


def _record(box: Sandbox, db: sqlite3.Connection, account: str, work: Acceptance, target: List, cost: float) -> None:
    job = work.job
    texts = (account, job.tag, job.sender, job.message)
    rows = (target.slot, work.first, work.next_row - 1, math.ceil(work.last_sent))
    values = (work.number, *texts, int(work.now), job.differedPeriod, *rows, cost)
    db.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    listed = None if target.late is None else box.clock.machine() + target.late
    row = (work.number, target.source, target.slot, target.description, target.records, target.digest, listed)
    db.execute("INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def from_file(box: Sandbox, account: str, job: Job, target: List, path: Path, *, user: str | None = None) -> Report:
    """Accept a job to the receivers of a file."""
    return accept(box, account, job, target, lists.receivers(path), lists.header(path), user=user)
