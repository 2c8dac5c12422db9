"""Explores every reachable state of a model, the nearest first, and keeps the shortest way to each."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
L = TypeVar("L", bound=Hashable)
Steps = Callable[[S], Iterable[tuple[L, S]]]


@dataclass
class Exploration(Generic[S, L]):
    """Every state that was reached, in the order of its distance, with the step that leads there.

    :param helped_by: the states from which a step that helps leads to a state.
    :param broken: each broken promise with the shortest way to it.
    """

    steps: Steps[S, L]
    came_by: dict[S, tuple[L, S] | None]
    helped_by: dict[S, list[S]] = field(default_factory=dict)
    broken: dict[str, list[L]] = field(default_factory=dict)

    def way_to(self, state: S) -> list[L]:
        """The shortest way from the first state to a state."""
        way: list[L] = []
        step = self.came_by[state]
        while step is not None:
            way.append(step[0])
            step = self.came_by[step[1]]
        return way[::-1]

    def dead_ends(self, is_good: Callable[[S], bool]) -> list[S]:
        """The states from which no steps that help lead to a good state."""
        reached = {state for state in self.came_by if is_good(state)}
        todo = list(reached)
        while todo:
            for state in self.helped_by.get(todo.pop(), ()):
                if state not in reached:
                    reached.add(state)
                    todo.append(state)
        return [state for state in self.came_by if state not in reached]

    def walks(self, number: int, length: int, seed: int, is_rare: Callable[[L], bool]) -> Iterator[list[L]]:
        """Ways of random steps from the first state, rare ones one time in ten if there are others."""
        chance, first = random.Random(seed), next(iter(self.came_by))
        for _ in range(number):
            state, way = first, []
            while len(way) < length and (steps := list(self.steps(state))):
                often = [step for step in steps if not is_rare(step[0])]
                label, state = chance.choice(often if often and chance.random() < 0.9 else steps)
                way.append(label)
            yield way


def explore(
    first: S,
    steps: Steps[S, L],
    breaks: Callable[[S, L, S], str | None],
    *,
    helps: Callable[[L], bool] = lambda label: False,
    until: str | None = None,
    alike: Callable[[S], S] = lambda state: state,
) -> Exploration[S, L]:
    """Explore a model breadth first.

    :param steps: the steps that are possible in a state, each with the state after it.
    :param breaks: the promise that a step breaks, if it breaks one; nothing is explored behind it.
    :param helps: whether a step is one of a world without faults; see :meth:`Exploration.dead_ends`.
    :param until: a promise; the exploration ends once it is broken.
    :param alike: the one state that stands for all that are alike; the ways then mix them.
    """
    found: Exploration[S, L] = Exploration(steps, {first: None})
    todo = deque([first])
    while todo and until not in found.broken:
        state = todo.popleft()
        for label, after in steps(state):
            promise = breaks(state, label, after)
            if promise is not None:
                found.broken.setdefault(promise, [*found.way_to(state), label])
                continue
            after = alike(after)
            if after not in found.came_by:
                found.came_by[after] = (label, state)
                todo.append(after)
            if helps(label):
                found.helped_by.setdefault(after, []).append(state)
    return found
