"""Which numbers of a prepared list OVH is asked to check, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.store.number_checks import ANSWERS

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.store.store import Store

#: Numbers in one request.
MOST_IN_ONE = 500
_BLOCK = 10_000


@dataclass(frozen=True, kw_only=True)
class CheckPlan:
    """The numbers of a list, and the answers about them.

    :param numbers: all numbers of the list, E.164, by their keyed digest.
    :param known: the answers of the networks, by digest; ``None`` while an answer is awaited, or may never come.
    """

    numbers: Mapping[int, str] = field(repr=False)
    known: Mapping[int, str | None] = field(repr=False)

    @property
    def to_ask(self) -> list[int]:
        """The digests of the numbers that nobody has asked about, in the list's order."""
        return [digest for digest in self.numbers if digest not in self.known]

    def credits(self, per_number: float) -> float:
        """Return the credits of asking about the others."""
        return cost(len(self.to_ask), per_number)

    def counts(self) -> dict[str, int]:
        """Count the numbers by their answer: each of them, ``unanswered`` and ``not_asked``."""
        found = dict.fromkeys((*ANSWERS, "unanswered", "not_asked"), 0)
        for digest in self.numbers:
            found["not_asked" if digest not in self.known else self.known[digest] or "unanswered"] += 1
        return found


def plan_checks(prepared: PreparedList, store: Store, max_age: timedelta) -> CheckPlan:
    """Read a prepared list, and compare its numbers with the answers about them.

    :param max_age: what is older counts as not known.
    """
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    digester, found = PersonDigester(store.identity.secret()), dict[int, str]()
    for block in _blocks(batch.list_path for batch in prepared.batches):
        found.update(zip(digester.of_numbers(block), block, strict=True))
    answers = store.number_checks.answers(store.clock.now() - max_age)
    return CheckPlan(numbers=found, known={digest: answers[digest] for digest in found.keys() & answers.keys()})


def cost(numbers: int, per_number: float) -> float:
    """Return the credits of some checks."""
    return round(numbers * per_number, 6)


def is_dearer(taken: float, shown: float) -> bool:
    """Whether OVH took more credits than were shown."""
    return taken > shown and not math.isclose(taken, shown, abs_tol=1e-6)


def _blocks(paths: Iterable[Path]) -> Iterable[Sequence[str]]:
    """The numbers of prepared lists, which stand first in each row."""
    import csv

    for path in paths:
        block: list[str] = []
        with path.open(encoding="utf-8", newline="") as file:
            rows: Any = csv.reader(file, delimiter=";")
            next(rows, None)
            for row in rows:
                block.append(row[0])
                if len(block) == _BLOCK:
                    yield block
                    block = []
        if block:
            yield block
