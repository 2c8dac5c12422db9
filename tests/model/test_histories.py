"""Histories of two runs of one campaign at random: nobody gets a message of one run twice, and no success is empty."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ovh_sms.errors import OvhSmsError
from ovh_sms.idempotency.protocol import ReconcileWait
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.fake_remote import FakeOvh, FakeTask, Killed
from support.stores import hasty_store

NEVER = 1e12
#: An amount that no messages cost: credits that nobody explains.
TOP_UP = 1000.5
RESULTS = ["ok", "lost", "half", "not_executed", "under_way", "refused", "repeated", "not_made"]
RESULTS += ["killed_before", "killed_after"]
STEPS = ["precheck", "snapshot", "post", "observe", "adopt", "describe"]
BATCHES = ["p1 p2 p3", "p4 p5"]
_numbers = itertools.count()
_results = st.sampled_from(RESULTS)
_runs, _batches, _map_indexes = st.sampled_from([0, 1]), st.sampled_from(BATCHES), st.integers(0, 2)


class Histories(RuleBasedStateMachine):
    """The account, its two runs, each with two batches, and everything that may happen to them."""

    store: Store
    clock: FakeClock

    @initialize(other_campaign=st.booleans())
    def start(self, other_campaign: bool) -> None:
        self.number = next(_numbers)
        self.ovh = FakeOvh(self.clock)
        self.clock.on_sleep = lambda seconds: self.ovh.land()
        self.campaigns = ["spring", "another" if other_campaign else "spring"]
        self.base = FakeTask(ovh=self.ovh, store=self.store).but(account=f"a{self.number}")

    @rule(run=_runs, batch=_batches, map_index=_map_indexes, result=_results, waiting=st.booleans(), last=st.booleans())
    def a_worker_runs(self, run: int, batch: str, map_index: int, result: str, waiting: bool, last: bool) -> None:
        self._run(self._task(run, batch, map_index), result, waiting=waiting, last=last)

    @rule(run=_runs, batch=_batches, map_index=_map_indexes, result=_results)
    def a_deferrable_worker_runs(self, run: int, batch: str, map_index: int, result: str) -> None:
        self._run(self._task(run, batch, map_index), result, deferrable=True)

    @rule(
        run=_runs,
        batch=_batches,
        indexes=st.tuples(_map_indexes, _map_indexes),
        results=st.tuples(_results, _results),
        step=st.sampled_from(STEPS),
        last=st.booleans(),
    )
    def two_workers_run_at_once(
        self, run: int, batch: str, indexes: tuple[int, int], results: tuple[str, str], step: str, last: bool
    ) -> None:
        first, second = (self._task(run, batch, index) for index in indexes)
        self._run(first, results[0], last=last, **{step: lambda: self._run(second, results[1], last=last)})

    @rule(run=_runs, batch=_batches, result=_results, step=st.sampled_from(STEPS), deferrable=st.booleans())
    def a_run_is_cancelled_while_its_worker_runs(
        self, run: int, batch: str, result: str, step: str, deferrable: bool
    ) -> None:
        task = self._task(run, batch, 0)
        self._run(task, result, deferrable=deferrable, **{step: task.cancel})

    @rule(run=_runs, result=_results)
    def a_worker_runs_after_somebody_opted_out(self, run: int, result: str) -> None:
        task = self._task(run, BATCHES[0], 0)
        self._run(task.but(list_digest="p1 p2"), result, last=True)

    @rule(seconds=st.sampled_from([1, 20, 31, 61, 130, 3600, 86_400]), executes=st.booleans())
    def time_goes_by(self, seconds: int, executes: bool) -> None:
        if not executes:
            self.ovh.under_way.clear()
        self.ovh.land()  # no request takes longer than a quiet period
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([0.0, 40.0, NEVER]))
    def ovh_lists_later(self, seconds: float) -> None:
        self.ovh.listed_late = seconds

    @precondition(lambda self: self.ovh.messages)
    @rule(leave=st.booleans())
    def ovh_lists_everything(self, leave: bool) -> None:
        for each in self.ovh.messages:
            each.listed_at = 0
            each.waiting = each.waiting and not leave

    @rule()
    def another_program_sends(self) -> None:
        self.ovh.accept(self.base.but(tag="other", run_id="other", message_digest="other").identity, ["p9"])

    @rule()
    def credits_are_topped_up(self) -> None:
        self.ovh.credits += TOP_UP

    @rule(run=_runs, batch=_batches, map_index=_map_indexes, way=st.sampled_from(["sent", "send", "although"]))
    def a_person_resolves(self, run: int, batch: str, map_index: int, way: str) -> None:
        task = self._task(run, batch, map_index)
        executed = any(each.tag == task.identity.tag for each in self.ovh.messages)
        live = self.store.attempts.live(task.identity.tag)
        if live is None or live.question is None or (executed and way == "although"):
            return
        try:
            task.resolve("sent" if way == "sent" else "send", although=way == "although")
        except OvhSmsError:
            assert live.resolution is not None or live.question["credits_missing"] or live.state != "unknown"

    @invariant()
    def nobody_gets_a_message_of_one_run_twice(self) -> None:
        assert {key: count for key, count in self.ovh.received().items() if count > 1 and key[0] != "other"} == {}

    @invariant()
    def one_attempt_of_a_tag_is_live(self) -> None:
        for run in (0, 1):
            task = self._task(run, BATCHES[0], 0)
            tags = [each.tag for each in self.store.attempts.of_run("a_dag", task.identity.run_id)]
            assert len(tags) == len(set(tags))

    def _task(self, run: int, batch: str, map_index: int) -> FakeTask:
        names = {"run_id": f"r{self.number}-{run}", "tag": f"t{self.number}-{run}-{map_index}"}
        return self.base.but(campaign=self.campaigns[run], list_digest=batch, map_index=map_index, **names)

    def _run(
        self,
        task: FakeTask,
        result: str,
        *,
        waiting: bool = False,
        last: bool = False,
        deferrable: bool = False,
        **on: Callable[[], object],
    ) -> None:
        once = {step: _only_once(action) for step, action in on.items()}
        try:
            answer = task.run(task.write(result, waiting=waiting, **once), last=last, deferrable=deferrable)
        except (OvhSmsError, ReconcileWait, Killed):
            return
        received = self.ovh.received()
        missing = [each for each in task.identity.list_digest.split() if not received[task.identity.run_id, each]]
        assert not missing or answer.get("resolution") == "sent"


def _only_once(action: Callable[[], object]) -> Callable[[], object]:
    todo = [action]
    return lambda: todo.pop()() if todo else None


def test_histories() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Histories.clock = FakeClock()
        Histories.store = hasty_store(Path(folder) / "results.sqlite", clock=Histories.clock)
        try:
            _run_histories()
        finally:
            Histories.store.close()


def _run_histories() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=16,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Histories, settings=few)


#: As many as half a minute allows.
EXAMPLES = 30
