"""The protocol beside another process of the same task, on a made-up write and a clock that only the test moves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import DeadlineMissed, OutcomeUnknown, ResolutionRequired, StoreUnavailable
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite, TaskTry
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.store.store import Store as SharedStore
from support.airflow_task import Store
from support.fake_clock import FakeClock
from support.stores import new_store

IDENTITY = WriteIdentity(
    tag="spring-1", kind="batch", campaign="spring", dag_id="a_dag", run_id="run_1", account="sms-op00001-1"
)
SNAPSHOT = {"tag": "spring-1"}
ANSWER = {"tag": "spring-1", "submitted": 3}


class MadeUpWrite:
    """A write that OVH shows so much of.

    ``on_check`` happens during the precheck, ``on_describe`` while a person's question is built.
    """

    done = "submitted"
    expected = 3
    message_ids = (1, 2, 3)

    def __init__(
        self,
        clock: FakeClock,
        *,
        shows: int = 0,
        on_check: Callable[[], None] = lambda: None,
        on_describe: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock
        self.shows = shows
        self.on_check = on_check
        self.on_describe = on_describe
        self.post_calls = 0

    def snapshot(self) -> dict[str, Any]:
        return dict(SNAPSHOT)

    def precheck(self, *, person_decided: bool = False) -> None:
        self.on_check()

    def post(self, deadline: float) -> dict[str, Any]:
        self.post_calls += 1
        return dict(ANSWER)

    def observe(self, snapshot: Mapping[str, Any]) -> Observation:
        return Observation(at=self.clock.now(), found=self.shows)

    def adopt(self, snapshot: Mapping[str, Any], observation: Observation) -> dict[str, Any]:
        return {"tag": "spring-1", "submitted": observation.found}

    def describe(self, snapshot: Mapping[str, Any], observation: Observation) -> str:
        self.on_describe()
        return "Check it."


class Task:
    """One task instance, as several processes may run it at once."""

    def __init__(self, store: SharedStore, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.kept = Store()

    @property
    def state(self) -> TaskState:
        return TaskState(self.kept, "submission")

    def journal(self) -> Journal:
        """The journal of another process at each call."""
        return Journal(self.store, IDENTITY, ClaimRules(), self.clock)

    def write(self, **given: Any) -> MadeUpWrite:
        return MadeUpWrite(self.clock, **given)

    def begin(self, attempt: int = 1) -> dict[str, Any]:
        return self.state.begin(self.state.seen, attempt, SNAPSHOT, self.clock.now())

    def run(
        self, write: MadeUpWrite, *, state: TaskState | None = None, last_try: bool = False, resolution: str = ""
    ) -> dict[str, Any]:
        log = logging.getLogger(__name__)
        task = TaskTry(state=state or self.state, resolution=resolution, is_last=last_try, log=log)
        return self.once(write, self.journal(), task).run()

    def once(self, write: MadeUpWrite, journal: Journal, task: TaskTry | None = None) -> OnceOnlyWrite:
        log = logging.getLogger(__name__)
        task = task or TaskTry(state=self.state, resolution="", is_last=False, log=log)
        policy = ReconcilePolicy(quiet_period=timedelta(seconds=60))
        return OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=self.clock)


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Task]:
    store = new_store(f"sqlite:///{tmp_path}/results.sqlite")
    yield Task(store, FakeClock())
    store.close()


@pytest.mark.parametrize("same_state", [True, False])
def test_a_last_try_returns_what_the_other_process_made_before_this_one_claimed(task: Task, same_state: bool) -> None:
    write = task.write(shows=3, on_check=lambda: _other_makes_it(task, same_state))
    assert task.run(write, last_try=True) == ANSWER
    assert write.post_calls == 0


@pytest.mark.parametrize("same_state", [True, False])
def test_any_other_try_leaves_it_to_the_next_one(task: Task, same_state: bool) -> None:
    write = task.write(shows=3, on_check=lambda: _other_makes_it(task, same_state))
    with pytest.raises(OutcomeUnknown):
        task.run(write)
    assert task.run(task.write(shows=3)) == ANSWER
    assert write.post_calls == 0


def _other_makes_it(task: Task, same_state: bool) -> None:
    state = task.state if same_state else TaskState(Store(), "submission")
    assert task.run(task.write(), state=state) == ANSWER


def test_an_answer_that_comes_while_a_person_is_being_asked_is_not_lost(task: Task) -> None:
    snapshot, other = task.begin(), task.journal()
    assert other.claim(1, snapshot)

    def answered() -> None:
        task.state.succeed(ANSWER)
        other.succeed(1, ANSWER, (1, 2, 3))

    with pytest.raises(ResolutionRequired):
        task.run(task.write(shows=1, on_describe=answered))
    assert task.run(task.write(shows=1)) == ANSWER
    assert task.state.answer == ANSWER


def test_an_answer_that_the_journal_alone_holds_needs_no_resolution(task: Task) -> None:
    other = task.journal()
    assert other.claim(1, task.begin())
    with pytest.raises(ResolutionRequired) as asked:
        task.run(task.write(shows=1))
    other.succeed(1, ANSWER)
    code = str(asked.value).split("spring-1 ")[1][:6]
    late = task.write()
    assert task.run(late, resolution=f"{code} send") == ANSWER
    assert late.post_calls == 0


def test_a_process_that_observed_while_another_one_wrote_again_does_not_write(task: Task) -> None:
    assert task.journal().claim(1, task.begin())

    def other() -> None:
        again = task.journal()
        again.mark_not_executed(1)
        assert again.claim(2, task.begin(2))

    write = task.write(on_check=other)
    with pytest.raises(OutcomeUnknown):
        task.run(write)
    assert write.post_calls == 0
    assert task.state.attempts == 2


def test_a_database_that_is_lost_during_the_precheck_leaves_the_attempt_pending(task: Task) -> None:
    assert task.journal().claim(1, task.begin())

    def unavailable() -> None:
        raise StoreUnavailable("The results database cannot be reached.")

    with pytest.raises(StoreUnavailable):
        task.run(task.write(on_check=unavailable))
    live = task.journal().live()
    assert live is not None
    assert (live.attempt, live.state) == (1, "pending")
    assert task.state.pending is not None


def test_a_claim_of_unknown_outcome_leaves_the_attempt_pending(task: Task) -> None:
    class Lost(Journal):
        def claim(self, attempt: int, snapshot: Mapping[str, Any]) -> bool:
            super().claim(attempt, snapshot)
            raise StoreUnavailable("The results database cannot be reached.")

    write = task.write()
    with pytest.raises(StoreUnavailable):
        task.once(write, Lost(task.store, IDENTITY, ClaimRules(), task.clock)).run()
    assert (write.post_calls, task.state.pending is not None) == (0, True)


def test_a_process_paused_between_claim_and_post_makes_no_post(task: Task) -> None:
    write = task.write()

    class Paused(Journal):
        def claim(self, attempt: int, snapshot: Mapping[str, Any]) -> bool:
            claimed = super().claim(attempt, snapshot)
            self.clock.sleep(31)
            return claimed

    paused = Paused(task.store, IDENTITY, ClaimRules(), task.clock)
    with pytest.raises(DeadlineMissed, match="paused between its claim and its POST"):
        task.once(write, paused).run()
    assert write.post_calls == 0
    assert task.run(task.write()) == ANSWER
