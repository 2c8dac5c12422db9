"""Two processes of one task at once: one alone has the claim, the other one reconciles or leaves it to the next try."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from ovh_sms.errors import ConfigurationError, OutcomeUnknown, ResolutionRequired, Unavailable
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.protocol import ReconcileWait
from ovh_sms.idempotency.unknown_outcome import UnknownOutcome
from ovh_sms.store.models import Attempt
from support.fake_clock import FakeClock
from support.fake_remote import PEOPLE, FakeOvh, FakeTask, Killed

QUESTION = UnknownOutcome(
    tag="spring-1",
    code="abc123",
    verdict="ambiguous",
    found=0,
    ambiguous=True,
    credits_missing=False,
    expected=3,
    at="2026-03-03T10:00:00+00:00",
    description="Check it.",
).to_json()
ONCE = {("run_1", person): 1 for person in PEOPLE}


@pytest.mark.parametrize("step", ["precheck", "snapshot"])
def test_a_last_try_returns_what_the_other_process_made_before_this_one_claimed(
    task: FakeTask, ovh: FakeOvh, step: str
) -> None:
    ovh.listed_late = 5
    write = task.write(**{step: lambda: task.run()})
    assert task.run(write, last=True)["submitted"] == 3
    assert ("post" in write.steps, ovh.received(), task.states) == (False, ONCE, ["succeeded"])


def test_any_other_try_leaves_it_to_the_next_one(task: FakeTask, ovh: FakeOvh) -> None:
    write = task.write(snapshot=lambda: task.run())
    with pytest.raises(OutcomeUnknown, match="Another process is already running this task"):
        task.run(write)
    assert task.run()["submitted"] == 3
    assert ("post" in write.steps, ovh.received()) == (False, ONCE)


def test_a_deferrable_try_returns_the_answer_of_the_other_process(task: FakeTask, ovh: FakeOvh) -> None:
    write = task.write(snapshot=lambda: task.run())
    assert task.run(write, deferrable=True)["submitted"] == 3
    assert ovh.received() == ONCE


@pytest.mark.parametrize("result", ["lost", "killed_before"])
def test_a_deferrable_try_waits_for_the_other_process(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock, result: str
) -> None:
    write = task.write(snapshot=_raising(task, result))
    with pytest.raises(ReconcileWait):
        task.run(write, deferrable=True)
    clock.advance(61)
    assert task.run(deferrable=True)["submitted"] == 3
    assert ovh.received() == ONCE


def test_an_attempt_that_the_other_process_did_not_make_is_followed_by_the_next(task: FakeTask, ovh: FakeOvh) -> None:
    task.run(task.write(snapshot=_raising(task, "not_made")))
    assert (task.states, ovh.received()) == (["not_executed", "succeeded"], ONCE)


def _raising(task: FakeTask, result: str) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises((OutcomeUnknown, Unavailable, Killed)):
            task.run(task.write(result))

    return run


def test_a_process_that_observed_while_the_other_one_made_it_again_does_not_make_it(
    task: FakeTask, ovh: FakeOvh
) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    ovh.listed_late = 5
    write = task.write(snapshot=lambda: task.run())
    with pytest.raises(OutcomeUnknown):
        task.run(write)
    assert ("post" in write.steps, ovh.received(), task.states) == (False, ONCE, ["not_executed", "succeeded"])


def test_a_tag_that_the_other_process_has_just_used_is_left_to_the_next_try(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown, match="Another process"):
        task.run(task.write(precheck=lambda: task.run()))
    assert task.run()["submitted"] == 3
    assert ovh.received() == ONCE


def test_an_answer_that_comes_while_this_process_observes_is_returned(task: FakeTask, ovh: FakeOvh) -> None:
    """The other process holds the claim and has posted; its answer comes after a quiet period."""
    answers: list[dict[str, object]] = []

    def reconcile() -> None:
        second = task.write(observe=lambda: ovh.clock.monotonic() > 1061 and _answer(task, answers))
        answers.append(task.run(second))
        raise Killed

    with pytest.raises(Killed):
        task.run(task.write(post=reconcile))
    assert [each["submitted"] for each in answers] == [99]
    assert task.states == ["succeeded"]


def _answer(task: FakeTask, answers: list[dict[str, object]]) -> None:
    answer = {"tag": "spring-1", "list": "p1 p2 p3", "text": "hello", "submitted": 99}
    task.store.attempts.succeed("spring-1", 1, answer=answer, message_ids=[1])


def test_an_answer_that_comes_while_a_person_is_being_asked_is_not_lost(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("half"))
    answer = {"tag": "spring-1", "list": "p1 p2 p3", "text": "hello", "submitted": 3}
    write = task.write(describe=lambda: task.store.attempts.succeed("spring-1", 1, answer=answer))
    with pytest.raises(ResolutionRequired):
        task.run(write)
    assert (task.states, task.run()) == (["succeeded"], answer)


def test_an_answer_that_comes_after_a_person_was_asked_needs_no_resolution(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("half"))
    with pytest.raises(ResolutionRequired):
        task.run()
    answer = {"tag": "spring-1", "list": "p1 p2 p3", "text": "hello", "submitted": 3}
    task.store.attempts.succeed("spring-1", 1, answer=answer)
    write = task.write()
    assert (task.run(write), write.steps) == (answer, [])


def test_the_same_batch_under_another_map_index_is_the_same_batch(task: FakeTask, ovh: FakeOvh) -> None:
    mapped = task.but(map_index=0)
    moved = task.but(map_index=2, tag="spring-3")
    assert mapped.run()["tag"] == "spring-1"
    assert moved.run()["tag"] == "spring-1"
    assert (ovh.received(), moved.attempts) == (ONCE, [])


def test_a_lost_batch_under_another_map_index_is_reconciled_under_its_own_tag(task: FakeTask, ovh: FakeOvh) -> None:
    mapped, moved = task.but(map_index=0), task.but(map_index=2, tag="spring-3")
    with pytest.raises(OutcomeUnknown):
        mapped.run(mapped.write("lost"))
    assert moved.run()["tag"] == "spring-1"
    assert (ovh.received(), mapped.states, moved.attempts) == (ONCE, ["succeeded"], [])


def test_batches_that_exchanged_their_map_indexes_return_their_own_answers(task: FakeTask, ovh: FakeOvh) -> None:
    first, second = task.but(map_index=0), task.but(map_index=1, tag="spring-2", list_digest="p4 p5")
    first.run()
    second.run()
    exchanged = first.but(list_digest="p4 p5"), second.but(list_digest="p1 p2 p3")
    assert [each.run()["tag"] for each in exchanged] == ["spring-2", "spring-1"]
    assert set(ovh.received().values()) == {1}


def test_the_same_batch_under_two_map_indexes_at_once_is_made_once(task: FakeTask, ovh: FakeOvh) -> None:
    mapped, moved = task.but(map_index=0), task.but(map_index=2, tag="spring-3")
    write = mapped.write(snapshot=lambda: moved.run())
    with pytest.raises(OutcomeUnknown):
        mapped.run(write)
    assert mapped.run()["tag"] == "spring-3"
    assert ovh.received() == ONCE


def test_a_tag_that_another_run_has_is_refused(task: FakeTask) -> None:
    task.run()
    with pytest.raises(ConfigurationError, match="belongs to run run_1"):
        task.but(run_id="run_2").run()


def test_a_resolution_as_sent_is_not_overridden_by_a_process_that_observed_before(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))

    class Slow(Journal):
        def mark_not_executed(self, attempt: Attempt) -> None:
            task.store.attempts.ask(attempt.tag, attempt.attempt, QUESTION)  # another process, which saw less
            task.resolve("sent")
            super().mark_not_executed(attempt)

    answer = dataclasses.replace(task, journal_class=Slow).run(last=True)
    assert (answer["resolution"], ovh.messages, task.states) == ("sent", [], ["succeeded"])
