"""Counts the messages and orders of a plan from the sandbox's truth and the lists alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Protocol

from faults import count_credits
from faults.by_attempt import Decided, Owned, without_attempt, without_message
from ovh_sms.store.models import BATCH, Attempt

#: The counts that must be 0.
BREACHES = (
    *["double_sent", "lost", "wrong_list", "double_orders", "after_cancel", "silent"],
    *["without_attempt", "without_message", "asked_needlessly"],
    *count_credits.CREDIT_BREACHES,
)
#: The tag of messages of other programs, which the sandbox sends.
STRANGE = "a stranger's"
#: A receiver and a text: one number may get several.
Text = tuple[str, str]
_MARKER = re.compile(r"^\[[\d.-]+\]")


class Run(Protocol):
    """Every run that is counted."""

    #: The last resolution of each unknown outcome, by tag: ``sent`` or ``send``.
    resolved: dict[str, str]
    errors: dict[tuple[str, int], dict[str, Any]]

    @property
    def sent(self) -> bool:
        """Whether it ended in success."""


class CampaignRun(Run, Protocol):
    """A campaign's run: its message and its receivers."""

    marker: str
    cancelled: bool
    #: Whether it reported that a proxy repeated its submission, which nobody can prevent.
    noticed_repeat: bool
    dag_id: str
    run_id: str

    @property
    def texts(self) -> set[Text]:
        """Each text that one of its receivers is to get."""

    @property
    def tags(self) -> set[str]:
        """The tags of its submissions: no other run has them, though it may send the same to the same people."""

    def not_found(self) -> set[Text]:
        """Texts of batches that a person resolved as sent, though the error named their receivers as missing."""


class OrderRun(Run, Protocol):
    """A run that orders credits, and another number of them than every other run."""

    quantity: int

    @property
    def order_id(self) -> int | None:
        """OVH's id of the order of its need, which may be another run's."""

    @property
    def covered_by(self) -> str:
        """``transfer`` if one covers the need."""


@dataclass
class Counts:
    """The result of one plan, or of many.

    Messages are counted by receiver and text. ``lost``: texts that a receiver did not get, of a run that succeeded.
    ``missing_by_word``: the same, but a person resolved the submission as sent after the error had named exactly them.
    ``without_attempt``: messages that belong to no attempt of their own run, or to two; ``without_message``: messages
    that an attempt has recorded and OVH has not.
    ``repeated``: messages of a proxy's repetition that was reported.
    ``credit_faults``: those of ``injected`` that hit orders, payments and transfers.
    ``decidable``: lost answers that the package can decide by itself, and does not in ``asked_decidable`` cases.
    ``asked_needlessly``: those of OVH batches, which OVH lists by their names: no person need ever be asked.
    """

    injected: int = 0
    campaigns: int = 0
    messages: int = 0
    double_sent: int = 0
    lost: int = 0
    missing_by_word: int = 0
    wrong_list: int = 0
    double_orders: int = 0
    double_payments: int = 0
    double_transfers: int = 0
    credits_lost: float = 0.0
    credit_faults: int = 0
    credit_decidable: int = 0
    credit_asked: int = 0
    after_cancel: int = 0
    unknown_reported: int = 0
    silent: int = 0
    harmless: int = 0
    repeated: int = 0
    without_attempt: int = 0
    without_message: int = 0
    decidable: int = 0
    asked_decidable: int = 0
    asked_needlessly: int = 0
    seconds_to_decide: list[float] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def add_decided(self, decided: Sequence[Decided], *, is_named: bool = False) -> None:
        """Count lost answers that can be decided.

        :param is_named: OVH lists the submissions by name.
        """
        self.decidable += len(decided)
        self.asked_decidable += sum(each.asked for each in decided)
        self.asked_needlessly += self.asked_decidable if is_named else 0
        self.seconds_to_decide += [each.seconds for each in decided if not each.asked]
        self.credit_decidable += sum(each.kind != BATCH for each in decided)
        self.credit_asked += sum(each.asked for each in decided if each.kind != BATCH)

    def add_credits(
        self,
        truth: Mapping[str, Any],
        paying: Sequence[count_credits.PaidRun],
        transferring: Sequence[count_credits.TransferRun],
    ) -> None:
        """Count what the sandbox knows of payments, transfers and credits."""
        self.double_payments = count_credits.double_payments(truth)
        self.double_transfers = count_credits.double_transfers(truth, transferring)
        self.credits_lost = count_credits.credits_lost(truth, transferring)
        self.lost += count_credits.payments_lost(truth, paying)
        self.campaigns += len(transferring)
        for run in transferring:
            _count_end(self, run, cancelled=False)  # type: ignore[arg-type]

    @property
    def breaches(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in BREACHES if getattr(self, name)}


def count_runs(
    messages: Sequence[Mapping[str, Any]],
    orders: Sequence[Mapping[str, Any]],
    campaigns: Sequence[CampaignRun],
    ordering: Sequence[OrderRun],
    attempts: Sequence[Attempt],
) -> Counts:
    """Compare the messages and orders that exist with each run's receivers, order and end, and with the journal."""
    messages = [each for each in messages if each["tag"] != STRANGE]
    counts = Counts(campaigns=len(campaigns) + len(ordering), messages=len(messages))
    messages = _once(messages, {tag for run in campaigns if run.noticed_repeat for tag in run.tags})
    counts.repeated = counts.messages - len(messages)
    meant = {run.marker: run.texts for run in campaigns}
    known = {(run.marker, tag) for run in campaigns for tag in run.tags}
    by_marker: dict[str, Counter[Text]] = defaultdict(Counter)
    by_tag: dict[str, set[Text]] = defaultdict(set)
    for each in messages:
        found = _MARKER.match(each["message"])
        marker, text = found.group() if found else "", (each["receiver"], each["message"])
        by_marker[marker][text] += 1
        by_tag[each["tag"]].add(text)
        meant_so = text in meant.get(marker, ()) and (marker, each["tag"]) in known
        counts.wrong_list += not meant_so
    counts.double_sent = sum(n > 1 for texts in by_marker.values() for n in texts.values())
    for run in campaigns:
        if run.cancelled:
            counts.after_cancel += sum(each["tag"] in run.tags and _waits(each) for each in messages)
        elif run.sent:
            missing = run.texts.difference(*(by_tag[tag] for tag in run.tags))
            named = missing & run.not_found()
            counts.missing_by_word += len(named)
            counts.lost += len(missing - named)
        _count_end(counts, run, cancelled=run.cancelled)
    _count_orders(counts, orders, ordering)
    tags, owners = Counter(each["tag"] for each in messages), [_owned(run) for run in campaigns]
    counts.without_attempt = without_attempt(tags, owners, attempts)
    counts.without_message = without_message(tags, owners, attempts)
    return counts


def _once(messages: Sequence[Mapping[str, Any]], repeated: set[str]) -> list[Mapping[str, Any]]:
    """Leave out each text's second message to a receiver under tags whose repetition was reported."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for each in messages:
        place = (each["tag"], each["receiver"], each["message"])
        if each["tag"] not in repeated or place not in seen:
            kept.append(each)
        seen.add(place)
    return kept


def _owned(run: CampaignRun) -> Owned:
    return Owned(dag_id=run.dag_id, run_id=run.run_id, tags=run.tags, ended=run.sent, cancelled=run.cancelled)


def _count_orders(counts: Counts, orders: Sequence[Mapping[str, Any]], ordering: Sequence[OrderRun]) -> None:
    made = Counter(order["quantity"] for order in orders)
    meant = {run.quantity for run in ordering}
    twice = sum(count - (quantity in meant) for quantity, count in made.items())
    unpaid = sum(order["status"] == "notPaid" for order in orders)
    counts.double_orders = max(twice, unpaid - 1, 0)
    known = {order.get("id") for order in orders}
    for run in ordering:
        there = made[run.quantity] or (run.order_id is not None and run.order_id in known)
        counts.lost += run.sent and run.covered_by != "transfer" and not there
        _count_end(counts, run, cancelled=False)


def _waits(message: Mapping[str, Any]) -> bool:
    return datetime.fromisoformat(message["sent_at"]) > datetime.now(UTC)


def _count_end(counts: Counts, run: Run, *, cancelled: bool) -> None:
    counts.silent += sum(error["error"] in ("Crashed", "Hangs") for error in run.errors.values())
    errors = [error for (task, _), error in run.errors.items() if task != "free_receivers"]
    counts.unknown_reported += len(run.resolved)
    counts.unknown_reported += sum(error["error"] == "OutcomeUnknown" for error in errors) if not run.resolved else 0
    if cancelled:
        counts.ends["a person cancelled it"] += 1
    elif run.sent:
        counts.ends["a person resolved it" if run.resolved else "success"] += 1
    for error in errors:
        counts.ends[error["error"]] += 1
        counts.silent += error["error"] == "Killed" or not error["clear"]
    counts.silent += not run.sent and not errors and not cancelled
