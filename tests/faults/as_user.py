"""All faults of submissions again, sent by a user of the account with a quota of its own, or without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from random import Random
from typing import Protocol

from faults import ovh_batches, plans
from faults.every import Case, every
from faults.plans import Plan

#: Share of the plans in which the user has a quota; and its credits, which no plan can spend.
WITH_QUOTA, QUOTA = 0.7, 20_000.0
#: Where the counts stand in the file.
USER = "user"


class Cases(Protocol):
    """Faults of submissions made in another way, each a plan of its own."""

    def count(self, seed: int) -> int:
        """How many there are."""

    def plan(self, seed: int, number: int) -> Plan:
        """Make a plan: case N of seed S."""

    def kinds(self, seed: int, numbers: Iterable[int]) -> set[str]:
        """The kinds of fault of some plans."""


@cache
def cases(seed: int) -> list[Case]:
    """Every case that hits a submission."""
    return [case for case in every(seed) if any(each.task == "send" for each in case.strikes)]


def count(seed: int) -> int:
    return len(cases(seed))


def plan(login: str, seed: int, number: int) -> Plan:
    """Make a plan: case N of seed S. The paths of faults name the calls of users as they name the account's."""
    has_quota = Random(f"{seed}/{number}/quota").random() < WITH_QUOTA
    made = plans.alone(seed, number, cases(seed)[number])
    return replace(made, user=login, quota=QUOTA if has_quota else None)


def kinds(seed: int, numbers: Iterable[int]) -> set[str]:
    made = [plan("", seed, number) for number in numbers]
    return {kind for each in made for strike in each.strikes for kind in each.kinds(strike)}


class AsUser:
    """The faults of what one user sends."""

    def __init__(self, login: str) -> None:
        self.count, self.kinds = count, kinds
        self.plan = partial(plan, login)


def chosen(via: str | None, user: str | None) -> tuple[str, Cases] | None:
    """Return the way that the command line asks for, with its name in the file; ``None`` for the usual one."""
    if user:
        return USER, AsUser(user)
    return (ovh_batches.VIA, ovh_batches) if via == ovh_batches.VIA else None
