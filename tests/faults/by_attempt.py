"""Counts by attempt: each message belongs to one attempt of its own run, and what became of lost answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from ovh_sms.idempotency.reconcile import RESOLUTION
from ovh_sms.store import tables
from ovh_sms.store.database import Database
from ovh_sms.store.models import BATCH, NOT_EXECUTED, SUCCEEDED, Attempt

Owner = tuple[str, str]


def read_attempts(results: str) -> list[Attempt]:
    """Read every attempt of a results database."""
    columns = [tables.attempts.c[each.name] for each in fields(Attempt)]
    database = Database(results)
    try:
        with database.reading() as connection:
            return [Attempt(**row) for row in connection.execute(select(*columns)).mappings()]
    finally:
        database.close()


@dataclass(frozen=True, kw_only=True)
class Owned:
    """A campaign's run as the owner of attempts.

    :param ended: it ended in success: each of its attempts is decided.
    :param cancelled: a person withdrew what still waited.
    """

    dag_id: str
    run_id: str
    tags: Collection[str]
    ended: bool
    cancelled: bool


def without_attempt(tags: Counter[str], runs: Sequence[Owned], attempts: Sequence[Attempt]) -> int:
    """Count the messages that do not belong to exactly one attempt, of their own run, that knows of all of them.

    :param tags: messages at OVH by tag.
    """
    wrong = 0
    owners = {tag: run for run in runs for tag in run.tags}
    for tag, count in tags.items():
        run = owners.get(tag)
        live = [each for each in attempts if each.tag == tag and each.state != NOT_EXECUTED]
        if run is None or [(each.dag_id, each.run_id) for each in live] != [(run.dag_id, run.run_id)]:
            wrong += count
        elif live[0].state != SUCCEEDED:
            wrong += count * run.ended
        elif not _by_word(live[0]):
            wrong += max(0, count - _recorded(live[0]))
    return wrong


def without_message(tags: Counter[str], runs: Sequence[Owned], attempts: Sequence[Attempt]) -> int:
    """Count the messages that succeeded attempts have recorded and that OVH does not have under their tag."""
    cancelled = {(run.dag_id, run.run_id) for run in runs if run.cancelled}
    return sum(
        max(0, _recorded(each) - tags[each.tag])
        for each in attempts
        if each.kind == BATCH and each.state == SUCCEEDED and (each.dag_id, each.run_id) not in cancelled
        if not _by_word(each)
    )


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A lost answer that the package can decide, and whether a person was asked nevertheless.

    :param seconds: from the first observation to the last.
    :param evidence: what the journal had to decide by.
    """

    kind: str
    asked: bool
    seconds: float
    evidence: str


def decidable(
    tags: Counter[str],
    attempts: Sequence[Attempt],
    *,
    listed_after: Mapping[Owner, float],
    quiet_period: float,
    reconcile_timeout: float,
    undecidable: Collection[Owner] = (),
) -> list[Decided]:
    """List the lost answers that OVH executed whole or not at all, and lists in time.

    :param tags: messages at OVH by tag.
    :param listed_after: seconds after which OVH lists what a run submits.
    :param quiet_period: seconds for which nothing may change; it must fit in after the listing.
    :param undecidable: runs in which people withdrew messages, or decided without being asked.
    """
    found = []
    for each in attempts:
        owner = (each.dag_id, each.run_id)
        if not (each.observations or each.question) or owner in undecidable:
            continue
        needed = listed_after.get(owner, 0.0) + quiet_period + RESOLUTION.total_seconds()
        if needed > reconcile_timeout or not _whole_or_nothing(each, tags):
            continue
        asked = each.question is not None
        found.append(Decided(kind=each.kind, asked=asked, seconds=_seconds(each), evidence=_evidence(each)))
    return found


def _evidence(attempt: Attempt) -> str:
    """The observations, and which balances were read at the very turn of a second."""

    def exact(balance: Mapping[str, Any] | None) -> bool:
        return balance is not None and balance.get("second_after") is None

    seen, snapshot = attempt.observations or [], attempt.snapshot or {}
    before = "exact" if exact(snapshot.get("balance")) else "exact earlier" if snapshot.get("earlier") else "inexact"
    counts = {
        "observations": len(seen),
        "exact": sum(exact(each.get("balance")) for each in seen),
        "explained": len(((seen[-1].get("balance") if seen else None) or {}).get("explained", ())),
    }
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{attempt.tag}, {attempt.state}: balance before {before}; {shown} in {_seconds(attempt):.1f} s"


def _whole_or_nothing(attempt: Attempt, tags: Counter[str]) -> bool:
    if attempt.kind != BATCH or attempt.state == NOT_EXECUTED:
        return True
    return tags[attempt.tag] in (0, (attempt.snapshot or {}).get("expected"))


def _seconds(attempt: Attempt) -> float:
    at = [datetime.fromisoformat(each["at"]) for each in attempt.observations or ()]
    return max((at[-1] - at[0] if at else timedelta(0)).total_seconds(), 0.0)


def _recorded(attempt: Attempt) -> int:
    return int((attempt.answer or {}).get("messages") or 0)


def _by_word(attempt: Attempt) -> Any:
    """Whether a person said that it was sent."""
    return (attempt.answer or {}).get("resolution")
