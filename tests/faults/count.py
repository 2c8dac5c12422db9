"""What really happened to a plan's campaigns, counted from the sandbox's truth and from the lists alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from faults.campaigns import CampaignRun, OrderRun

_MARKER = re.compile(r"^\[[\d.-]+\]")


@dataclass
class Verdict:
    """What one plan, or many, came to."""

    injected: int = 0
    campaigns: int = 0
    messages: int = 0
    double_sent: int = 0
    lost: int = 0
    wrong_list: int = 0
    double_orders: int = 0
    unknown_reported: int = 0
    silent: int = 0
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
        names = ("double_sent", "lost", "wrong_list", "double_orders", "silent")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def judged(
    messages: Sequence[Mapping[str, Any]],
    orders: Sequence[Mapping[str, Any]],
    campaigns: Sequence[CampaignRun],
    ordering: Sequence[OrderRun],
) -> Verdict:
    """Compare what OVH sent and what was ordered with what each run was to do, and what it said of itself."""
    verdict = Verdict(campaigns=len(campaigns) + len(ordering), messages=len(messages))
    got: dict[str, Counter[str]] = defaultdict(Counter)
    for each in messages:
        found = _MARKER.match(each["message"])
        got[found.group() if found else ""][each["receiver"]] += 1
    meant = {run.marker: run.receivers for run in campaigns}
    for marker, receivers in got.items():
        verdict.wrong_list += sum(n for number, n in receivers.items() if number not in meant.get(marker, ()))
        verdict.double_sent += sum(n > 1 for n in receivers.values())
    for run in campaigns:
        missing = run.receivers - set(got[run.marker])
        if run.sent:
            verdict.lost += len(missing - run.not_found() if run.decided else missing)
        _tell(verdict, run)
    for order in ordering:
        verdict.lost += order.sent and not orders
        _tell(verdict, order)
    verdict.double_orders = max(0, len(orders) - len(ordering))
    return verdict


def _tell(verdict: Verdict, run: CampaignRun | OrderRun) -> None:
    """Count how a run ended; one that failed without a clear error has passed its failure over in silence."""
    verdict.silent += sum(error["error"] in ("Crashed", "Hangs") for error in run.errors.values())
    errors = [error for (task, _), error in run.errors.items() if task != "free_receivers"]
    verdict.unknown_reported += len(run.decided)
    verdict.unknown_reported += (
        sum(error["error"] == "OutcomeUnknown" for error in errors) if not run.decided else 0
    )
    if run.sent:
        verdict.ends["a person decided" if run.decided else "success"] += 1
    for error in errors:
        verdict.ends[error["error"]] += 1
        verdict.silent += error["error"] == "Killed" or not error["clear"]
    verdict.silent += not run.sent and not errors
