"""Counts users that are missing or wrong, and quotas that are lost or given twice, from the sandbox's truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The counts that must be 0.
USER_BREACHES = ("lost", "extra", "wrong", "given_twice", "not_given", "stuck", "asked", "unexplained", "errors")


@dataclass
class Wanted:
    """Wishes of one login.

    :param settings: the newest; ``None`` if it is to be absent.
    :param quotas: how often it was to get another quota, since the world began.
    """

    settings: Mapping[str, Any] | None = None
    quotas: int = 0


@dataclass
class Seen:
    """One login at OVH.

    :param moves: credits of each change of its quota since the world began, deletions left out.
    """

    receipts_to: str = ""
    threshold: int = 0
    moves: list[float] = field(default_factory=list)
    is_there: bool = True


def count_users(
    wanted: Mapping[str, Wanted], seen: Mapping[str, Seen], states: Sequence[str], *, unexplained: int = 0
) -> dict[str, int]:
    """Compare the users at OVH with those that were wanted.

    :param states: of every attempt in the journal.
    :param unexplained: changes of the account's credits that the journal does not explain.
    """
    there = {login for login, it in seen.items() if it.is_there}
    meant = {login for login, it in wanted.items() if it.settings is not None}
    both = there & meant
    given = {login: (len(seen[login].moves) if login in seen else 0) - it.quotas for login, it in wanted.items()}
    return {
        "lost": len(meant - there),
        "extra": len(there - meant),
        "wrong": sum(not _is_as_wanted(seen[login], wanted[login].settings or {}) for login in both),
        "given_twice": sum(max(0, each) for each in given.values()),
        "not_given": sum(max(0, -each) for each in given.values()),
        "stuck": sum(state in ("pending", "refused") for state in states),
        "asked": sum(state == "unknown" for state in states),
        "unexplained": unexplained,
    }


def _is_as_wanted(seen: Seen, wanted: Mapping[str, Any]) -> bool:
    return (seen.receipts_to, seen.threshold) == (wanted["receipts_to"], wanted["alert"]["below"])
