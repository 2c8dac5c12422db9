"""Every reachable state of the protocol's model keeps its promises, without a guard they break, and the code agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.explorer import Exploration, explore
from model.protocol_model import Guards, Model, World, breaks, helps, is_over
from model.replay import Replay
from model.states import FIRST, State, Step, exchange_processes
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import hasty_store

AT_MOST_ONCE = "at most once"
WORLDS = {"a run may be cancelled": World(other_sends=False), "another program sends too": World(person_cancels=False)}
#: Ways of random steps that are replayed beside the shortest way to each kind of step.
WALKS, STEPS = 30, 30


@pytest.fixture(scope="module")
def explored() -> Exploration[State, Step]:
    return explore(FIRST, Model(world=WORLDS["a run may be cancelled"]).steps, breaks, helps=helps)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = hasty_store(tmp_path / "results.sqlite", clock=FakeClock())
    yield store
    store.close()


def test_every_promise_is_kept_and_every_state_leads_to_an_end_if_a_run_may_be_cancelled(
    explored: Exploration[State, Step],
) -> None:
    assert (explored.broken, explored.dead_ends(is_over)) == ({}, [])
    assert len(explored.came_by) == 51_754


def test_every_promise_is_kept_and_every_state_leads_to_an_end_if_another_program_sends_too() -> None:
    steps = Model(world=WORLDS["another program sends too"]).steps
    explored = explore(FIRST, steps, breaks, helps=helps, alike=exchange_processes)
    assert (explored.broken, explored.dead_ends(is_over)) == ({}, [])
    assert len(explored.came_by) == 100_396


@pytest.mark.parametrize(
    ("guard", "promise"),
    [
        ("claim", AT_MOST_ONCE),
        ("quiet_period", AT_MOST_ONCE),
        ("credit_witness", AT_MOST_ONCE),
        ("deadline", AT_MOST_ONCE),
        ("resolution_is_checked", AT_MOST_ONCE),
        ("cancellation", "a cancelled run claims nothing"),
        ("sent_is_final", "a person's sent is never sent again"),
    ],
)
def test_without_a_guard_a_promise_is_broken(guard: str, promise: str) -> None:
    world = WORLDS["a run may be cancelled" if guard == "cancellation" else "another program sends too"]
    found = explore(
        FIRST, Model(Guards(**{guard: False}), world).steps, breaks, until=promise, alike=exchange_processes
    )
    assert promise in found.broken


def test_the_code_takes_every_kind_of_step_as_the_model_does(explored: Exploration[State, Step], store: Store) -> None:
    ways = list(_shortest_ways(explored))
    assert len(ways) >= 50
    _replay(ways, store, WORLDS["a run may be cancelled"])


def test_the_code_follows_random_ways_as_the_model_does(explored: Exploration[State, Step], store: Store) -> None:
    world = World()
    first: Exploration[State, Step] = Exploration(Model(world=world).steps, {FIRST: None})
    ways = first.walks(WALKS, STEPS, seed=11, is_rare=lambda step: step.name in ("kill", "cancels"))
    _replay(list(ways), store, world)


def _replay(ways: list[list[Step]], store: Store, world: World) -> None:
    clock = store.clock
    assert isinstance(clock, FakeClock)
    for number, way in enumerate(ways):
        Replay(store, clock, number).run(way, Model(world=world))


def _shortest_ways(explored: Exploration[State, Step]) -> Iterator[list[Step]]:
    """The shortest way to each kind of step: by its name, OVH's answer, the end, and the step that follows."""
    seen = set()
    for state in explored.came_by:
        for step, after in explored.steps(state):
            number = step.by if isinstance(step.by, int) else None
            follows = None if number is None else after.processes[number][:1] + after.processes[number][5:]
            came_from = None if number is None else state.processes[number].mode
            kind = (step, follows, came_from)
            if kind not in seen:
                seen.add(kind)
                yield [*explored.way_to(state), step]
