"""A person is asked once at a time for the order of a need, however many runs want to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.approvals import Asker, Question
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store

NEED, ACCOUNT = "a-need", "sms-aa1-1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    made = new_store(tmp_path / "results.sqlite", clock=clock)
    yield made
    made.close()


def asker(run: str) -> Asker:
    return Asker(dag_id="a_dag", run_id=run, task_id="main.approve", map_index=-1)


def ask(store: Store, run: str, need: str = NEED, instead_of: Question | None = None) -> Question | None:
    return store.approvals.ask(need, ACCOUNT, asker=asker(run), instead_of=instead_of)


def test_of_two_runs_one_asks_and_asks_again_in_its_next_try(store: Store) -> None:
    assert ask(store, "run_1") is None
    other = ask(store, "run_2")
    assert other is not None
    assert (other.account, other.asker, other.order_task) == (ACCOUNT, asker("run_1"), None)
    assert ask(store, "run_1") is None
    assert ask(store, "run_2", "another need") is None


def test_two_tasks_of_one_run_ask_about_one_need_once(store: Store) -> None:
    ask(store, "run_1")
    beside = Asker(dag_id="a_dag", run_id="run_1", task_id="other.approve", map_index=-1)
    assert store.approvals.ask(NEED, ACCOUNT, asker=beside) is not None


def test_a_rejection_lets_the_next_run_ask(store: Store) -> None:
    ask(store, "run_1")
    store.approvals.end(NEED, asker=asker("run_2"))
    assert ask(store, "run_2") is not None, "only its own run ends a question"
    store.approvals.end(NEED, asker=asker("run_1"))
    assert ask(store, "run_2") is None


def test_an_approved_question_names_the_task_that_orders_until_its_own_task_asks_again(store: Store) -> None:
    ask(store, "run_1")
    store.approvals.approve(NEED, asker=asker("run_2"), order_task="main.order")
    assert store.approvals.of(NEED) == ask(store, "run_2")
    store.approvals.approve(NEED, asker=asker("run_1"), order_task="main.order")
    approved = ask(store, "run_2")
    assert approved is not None
    assert approved.order_task == "main.order"
    assert ask(store, "run_1") is None
    asked_again = store.approvals.of(NEED)
    assert asked_again is not None
    assert asked_again.order_task is None


def test_of_two_runs_that_find_a_question_over_one_replaces_it(store: Store) -> None:
    ask(store, "run_1")
    found = ask(store, "run_2")
    assert found == ask(store, "run_3")
    assert ask(store, "run_2", instead_of=found) is None
    other = ask(store, "run_3", instead_of=found)
    assert other is not None
    assert other.asker.run_id == "run_2"


def test_a_question_that_was_asked_again_meanwhile_is_not_replaced(store: Store, clock: FakeClock) -> None:
    ask(store, "run_1")
    found = ask(store, "run_2")
    clock.advance(60)
    ask(store, "run_1")  # it was cleared
    other = ask(store, "run_2", instead_of=found)
    assert other is not None
    assert other.asker.run_id == "run_1"
