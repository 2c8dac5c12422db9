"""A person is asked once at a time for the order of a need, however many runs want to ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

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


def ask(store: Store, run: str, need: str = NEED) -> bool:
    return store.approvals.ask(need, ACCOUNT, asked_by=run, within=timedelta(hours=24))


def test_of_two_runs_one_asks_and_asks_again_in_its_next_try(store: Store) -> None:
    assert ask(store, "run_1")
    assert not ask(store, "run_2")
    assert ask(store, "run_1")
    assert ask(store, "run_2", "another need")


def test_an_answer_lets_the_next_run_ask(store: Store) -> None:
    ask(store, "run_1")
    store.approvals.end(NEED, asked_by="run_2")
    assert not ask(store, "run_2"), "only its own run ends a question"
    store.approvals.end(NEED, asked_by="run_1")
    assert ask(store, "run_2")


def test_a_question_whose_task_was_ended_from_outside_ends_with_its_time(store: Store, clock: FakeClock) -> None:
    ask(store, "run_1")
    clock.advance(24 * 3_600 - 1)
    assert not ask(store, "run_2")
    clock.advance(1)
    assert ask(store, "run_2")
