"""A task that waits without a process: the resumed one reads journal and OVH anew, and decides by that alone."""

from __future__ import annotations

import pytest

from ovh_sms.errors import ResolutionRequired, RunCancelled
from ovh_sms.idempotency.protocol import ReconcileWait
from support.fake_clock import FakeClock
from support.fake_remote import PEOPLE, FakeOvh, FakeTask

ONCE = {("run_1", person): 1 for person in PEOPLE}
#: The time between two observations of a deferred task.
WAIT = 30


def deferred(task: FakeTask, result: str = "ok") -> None:
    with pytest.raises(ReconcileWait) as wait:
        task.run(task.write(result), deferrable=True)
    assert wait.value.wait.total_seconds() == WAIT


@pytest.mark.parametrize(
    ("result", "states"), [("lost", ["succeeded"]), ("not_executed", ["not_executed", "succeeded"])]
)
def test_a_lost_answer_is_reconciled_at_once_and_without_sleeping(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock, result: str, states: list[str]
) -> None:
    deferred(task, result)
    for _ in range(2):
        clock.advance(WAIT)
        deferred(task)  # a whole second may not have gone by at OVH
    clock.advance(WAIT)
    task.run(deferrable=True)
    assert (clock.sleeps, ovh.received(), task.states) == ([], ONCE, states)


def test_messages_that_are_listed_while_the_task_resumes_are_found(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    ovh.listed_late = 100
    deferred(task, "lost")
    for _ in range(5):
        clock.advance(WAIT)
        deferred(task)
    clock.advance(WAIT)
    deferred(task)
    clock.advance(WAIT)
    assert task.run(deferrable=True)["submitted"] == 3
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


def test_messages_that_are_listed_between_the_last_observation_and_the_claim_are_not_made_again(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    deferred(task, "under_way")
    clock.advance(61 + WAIT)
    late = task.write(precheck=ovh.land)
    with pytest.raises(ResolutionRequired, match="OVH already lists the tag"):
        task.run(late, deferrable=True)
    assert ovh.received() == ONCE


def test_a_run_that_is_cancelled_while_deferred_is_reconciled_and_adopted(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    deferred(task, "lost")
    task.cancel()
    clock.advance(61)
    assert task.run(deferrable=True)["submitted"] == 3
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


def test_a_run_that_is_cancelled_while_deferred_is_reconciled_closed_and_never_made(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    deferred(task, "not_executed")
    task.cancel()
    clock.advance(61)
    for _ in range(2):
        with pytest.raises(RunCancelled):
            task.run(deferrable=True)
    assert (ovh.messages, task.states) == ([], ["not_executed"])


def test_a_cancelled_run_asks_no_person(task: FakeTask, ovh: FakeOvh, clock: FakeClock) -> None:
    deferred(task, "half")
    task.cancel()
    clock.advance(61)
    with pytest.raises(RunCancelled):
        task.run(deferrable=True)
    assert (len(ovh.messages), task.states) == (1, ["pending"])


def test_a_cancelled_run_claims_nothing(task: FakeTask) -> None:
    task.cancel()
    write = task.write()
    with pytest.raises(RunCancelled):
        task.run(write)
    assert (write.steps, task.attempts) == ([], [])


def test_a_run_that_is_cancelled_before_its_claim_claims_nothing(task: FakeTask) -> None:
    with pytest.raises(RunCancelled):
        task.run(task.write(snapshot=task.cancel))
    assert task.attempts == []


def test_a_task_that_never_resumes_is_reconciled_by_a_clear(task: FakeTask, ovh: FakeOvh, clock: FakeClock) -> None:
    deferred(task, "lost")
    clock.advance(7 * 86_400)  # nobody resumed it: the triggerer was killed
    deferred(task)
    clock.advance(61)
    assert task.run(deferrable=True)["submitted"] == 3
    assert ovh.received() == ONCE


def test_observations_from_before_a_pause_of_an_hour_prove_nothing(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    deferred(task, "not_executed")
    clock.advance(3600)
    deferred(task)
    assert [len(each.observations or ()) for each in task.attempts] == [1]
    clock.advance(61)
    task.run(deferrable=True)
    assert (ovh.received(), task.states) == (ONCE, ["not_executed", "succeeded"])


def test_observations_from_before_ovhs_clock_was_set_back_prove_nothing(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    # else the time for the reconciliation would only begin once the clock has caught up
    deferred(task, "not_executed")
    clock.advance(61)
    clock.set_wall(-600)
    deferred(task)
    assert [len(each.observations or ()) for each in task.attempts] == [1]
    clock.advance(61)
    task.run(deferrable=True)
    assert (ovh.received(), task.states) == (ONCE, ["not_executed", "succeeded"])


def test_the_write_is_made_only_on_an_observation_of_the_resumed_process(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    deferred(task, "not_executed")
    clock.advance(61)
    ovh.accept(task.identity, PEOPLE)  # as a request that a proxy kept
    deferred(task)
    clock.advance(61)
    assert task.run(deferrable=True)["submitted"] == 3
    assert ovh.received() == ONCE
