"""A record of every question for a turn at OVH, by all processes of an Airflow; read, it shows the order of classes.

The questions are recorded within the lock of the queue, so they stand in the order in which they were answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ovh_sms.api.turn_queue import FAIR_SECONDS, TurnQueue

#: Environment variable that names the file.
RECORD = "LOAD_TURNS"


@dataclass(frozen=True)
class Question:
    """A call that asks for its turn, and the answer.

    :param order: sorts the calls: by class, then by the moment since which they wait.
    :param waiting: orders of the other calls that wait at this moment, by name.
    """

    name: str
    order: tuple[int, float]
    waited: float
    is_turn: bool
    waiting: Mapping[str, tuple[int, float]]

    @classmethod
    def read(cls, line: str) -> Self:
        found = json.loads(line)
        waiting = {name: tuple(order) for name, order in found.pop("waiting").items()}
        return cls(**found | {"order": tuple(found["order"]), "waiting": waiting})


def record_turns() -> None:
    """Have this process add its questions to the file that the environment names."""
    file, ask = os.environ[RECORD], TurnQueue.ask

    def recorded(self: TurnQueue, name: str, call_class: Any, *, write: bool, waited: float, **more: Any) -> Any:
        others = {each.name: (each.rank, each.since) for each in self._tickets.values() if each.name != name}
        place = ask(self, name, call_class, write=write, waited=waited, **more)
        rank = 0 if write and not call_class else 1 + call_class
        question = Question(name, (rank, self._now - waited), waited, place.is_turn, others)
        with Path(file).open("a") as record:
            record.write(json.dumps(asdict(question)) + "\n")
        return place

    TurnQueue.ask = recorded  # type: ignore[method-assign]


def read_record(file: Path) -> list[Question]:
    return [Question.read(line) for line in file.read_text().splitlines()]


def longest_wait(questions: Iterable[Question]) -> float:
    """The longest wait of a call for its turn, in seconds; a call that has none yet counts too."""
    return max((each.waited for each in questions), default=0.0)


def out_of_order(questions: list[Question]) -> int:
    """Count the turns that cost a waiting call of a higher class, or of the same and earlier, its next turn.

    The turn of a call that has waited for longer than a minute is none of them. So is one that the call ahead did not
    need: it had its turn when it asked again; or one that came between went ahead of it.
    """
    return sum(_costs_a_turn(questions, at) for at, each in enumerate(questions) if each.is_turn)


def _costs_a_turn(questions: list[Question], at: int) -> bool:
    given = questions[at]
    if given.waited > FAIR_SECONDS:
        return False
    ahead = {name: order for name, order in given.waiting.items() if order < given.order}
    best = min(ahead.values(), default=None)
    for later in questions[at + 1 :]:
        if not ahead or (later.is_turn and best is not None and later.order < best):
            return False
        if later.name in ahead:
            if not later.is_turn:
                return True
            del ahead[later.name]
            best = min(ahead.values(), default=None)
    return False
