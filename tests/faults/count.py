"""What really happened to a plan's campaigns, counted from the sandbox's truth and from the lists alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Protocol

_MARKER = re.compile(r"^\[[\d.-]+\]")


class Run(Protocol):
    """What is counted of every run."""

    #: For each sending or order that was in doubt what a person decided last: ``sent`` or ``send``.
    decided: dict[str, str]
    errors: dict[tuple[str, int], dict[str, Any]]

    @property
    def sent(self) -> bool:
        """Whether it ended in success."""


class Sending(Run, Protocol):
    """A campaign's run: what it was to send, and to whom."""

    marker: str
    receivers: set[str]
    stopped: bool

    @property
    def tags(self) -> set[str]:
        """The tags of its sendings: no other run has them, though it may send the same to the same people."""

    def not_found(self) -> set[str]:
        """Receivers that a person was told of before deciding that their sending was made all the same."""


class Ordering(Run, Protocol):
    """A run that orders credits, another number of them than every other run."""

    quantity: int


@dataclass
class Verdict:
    """What one plan, or many, came to.

    ``lost`` are receivers of a run that ended in success for whom no SMS exists. ``missing_by_word`` are such receivers
    too, where it was a person who declared the sending made after having been told of exactly them.
    """

    injected: int = 0
    campaigns: int = 0
    messages: int = 0
    double_sent: int = 0
    lost: int = 0
    missing_by_word: int = 0
    wrong_list: int = 0
    double_orders: int = 0
    after_stop: int = 0
    unknown_reported: int = 0
    silent: int = 0
    harmless: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def add(self, other: Verdict) -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def breaches(self) -> dict[str, int]:
        """What must not happen, where it did."""
        names = ("double_sent", "lost", "wrong_list", "double_orders", "after_stop", "silent")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def judged(
    messages: Sequence[Mapping[str, Any]],
    orders: Sequence[Mapping[str, Any]],
    campaigns: Sequence[Sending],
    ordering: Sequence[Ordering],
) -> Verdict:
    """Compare what OVH sent and what was ordered with what each run was to do, and what it said of itself."""
    verdict = Verdict(campaigns=len(campaigns) + len(ordering), messages=len(messages))
    meant = {run.marker: run.receivers for run in campaigns}
    known = {(run.marker, tag) for run in campaigns for tag in run.tags}
    by_marker: dict[str, Counter[str]] = defaultdict(Counter)
    by_tag: dict[str, set[str]] = defaultdict(set)
    for each in messages:
        found = _MARKER.match(each["message"])
        marker, receiver = found.group() if found else "", each["receiver"]
        by_marker[marker][receiver] += 1
        by_tag[each["tag"]].add(receiver)
        meant_so = receiver in meant.get(marker, ()) and (marker, each["tag"]) in known
        verdict.wrong_list += not meant_so
    verdict.double_sent = sum(n > 1 for receivers in by_marker.values() for n in receivers.values())
    for run in campaigns:
        if run.stopped:
            verdict.after_stop += sum(each["tag"] in run.tags and _waits(each) for each in messages)
        elif run.sent:
            missing = run.receivers.difference(*(by_tag[tag] for tag in run.tags))
            told = missing & run.not_found()
            verdict.missing_by_word += len(told)
            verdict.lost += len(missing - told)
        _tell(verdict, run, stopped=run.stopped)
    _count_orders(verdict, orders, ordering)
    return verdict


def _count_orders(
    verdict: Verdict, orders: Sequence[Mapping[str, Any]], ordering: Sequence[Ordering]
) -> None:
    """Each run orders a number of credits of its own; and while an order is unpaid nobody makes another one."""
    made = Counter(order["quantity"] for order in orders)
    meant = {run.quantity for run in ordering}
    twice = sum(count - (quantity in meant) for quantity, count in made.items())
    unpaid = sum(order["status"] == "notPaid" for order in orders)
    verdict.double_orders = max(twice, unpaid - 1, 0)
    for run in ordering:
        verdict.lost += run.sent and not made[run.quantity]
        _tell(verdict, run, stopped=False)


def _waits(message: Mapping[str, Any]) -> bool:
    return datetime.fromisoformat(message["sent_at"]) > datetime.now(UTC)


def _tell(verdict: Verdict, run: Run, *, stopped: bool) -> None:
    """Count how a run ended; one that failed without a clear error has passed its failure over in silence."""
    verdict.silent += sum(error["error"] in ("Crashed", "Hangs") for error in run.errors.values())
    errors = [error for (task, _), error in run.errors.items() if task != "free_receivers"]
    verdict.unknown_reported += len(run.decided)
    verdict.unknown_reported += (
        sum(error["error"] == "OutcomeUnknown" for error in errors) if not run.decided else 0
    )
    if stopped:
        verdict.ends["a person stopped it"] += 1
    elif run.sent:
        verdict.ends["a person decided" if run.decided else "success"] += 1
    for error in errors:
        verdict.ends[error["error"]] += 1
        verdict.silent += error["error"] == "Killed" or not error["clear"]
    verdict.silent += not run.sent and not errors and not stopped
