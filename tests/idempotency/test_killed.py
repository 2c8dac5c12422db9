"""A try that was killed or got no answer is reconciled by the next one, and never made twice."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import (
    DeadlineMissed,
    OutcomeUnknown,
    RequestRefused,
    ResolutionRequired,
    SubmissionInFlight,
    Unavailable,
)
from ovh_sms.idempotency.journal import ClaimRules, Journal
from ovh_sms.store.models import Attempt
from support.fake_clock import FakeClock
from support.fake_remote import PEOPLE, FakeOvh, FakeTask, Killed

ANSWER = {"tag": "spring-1", "list": "p1 p2 p3", "text": "hello", "submitted": 3}
ONCE = {("run_1", person): 1 for person in PEOPLE}


def kill() -> None:
    raise Killed


def killed(task: FakeTask, result: str = "ok", **on: Callable[[], object]) -> None:
    with pytest.raises(Killed):
        task.run(task.write(result, **on))


def lost(task: FakeTask, result: str = "lost") -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write(result))


def test_a_first_try_prechecks_claims_and_submits(task: FakeTask, ovh: FakeOvh) -> None:
    write = task.write()
    assert task.run(write) == ANSWER
    assert (write.steps, task.states, ovh.received()) == (["precheck", "snapshot", "post"], ["succeeded"], ONCE)
    assert task.store.attempts.message_ids("spring-1") == [1, 2, 3]


def test_the_claim_is_in_the_journal_before_the_post(task: FakeTask) -> None:
    seen: list[list[str]] = []
    task.run(task.write(post=lambda: seen.append(task.states)))
    assert seen == [["pending"]]


def test_a_cleared_task_returns_the_answer_of_its_earlier_try(task: FakeTask, ovh: FakeOvh) -> None:
    task.run()
    write = task.write()
    assert (task.run(write), write.steps, ovh.received()) == (ANSWER, [], ONCE)


@pytest.mark.parametrize("step", ["precheck", "snapshot"])
def test_killed_before_the_claim_made_nothing_and_is_made_at_once(task: FakeTask, ovh: FakeOvh, step: str) -> None:
    killed(task, **{step: kill})
    assert task.attempts == []
    write = task.write()
    assert task.run(write) == ANSWER
    assert ("observe" in write.steps, ovh.received()) == (False, ONCE)


def test_killed_before_the_claim_never_adopts_the_waiting_messages_of_another_run(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    other = task.but(run_id="run_0", tag="spring-0")
    with pytest.raises(OutcomeUnknown):
        other.run(other.write("lost", waiting=True))
    killed(task, precheck=kill)
    with pytest.raises(SubmissionInFlight):
        task.run()
    clock.advance(16 * 60)  # the other run counts as in flight no longer
    assert task.run() == ANSWER
    assert ovh.received() == ONCE | {("run_0", person): 1 for person in PEOPLE}


def test_waiting_messages_from_before_the_snapshot_are_never_adopted(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    other = task.but(run_id="run_0", tag="spring-0")
    with pytest.raises(OutcomeUnknown):
        other.run(other.write("lost", waiting=True))
    clock.advance(16 * 60)
    lost(task, "not_executed")
    assert task.run() == ANSWER
    assert (ovh.received(), task.states) == (
        ONCE | {("run_0", person): 1 for person in PEOPLE},
        ["not_executed", "succeeded"],
    )


def test_killed_between_claim_and_post_is_made_after_a_quiet_period(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock
) -> None:
    killed(task, "killed_before")
    assert task.states == ["pending"]
    began = clock.monotonic()
    assert task.run() == ANSWER
    assert clock.monotonic() - began > 60
    assert (ovh.received(), task.states) == (ONCE, ["not_executed", "succeeded"])


def test_killed_after_the_post_is_adopted(task: FakeTask, ovh: FakeOvh) -> None:
    killed(task, "killed_after")
    assert task.run() == ANSWER
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


class KilledBeforeTheAnswer(Journal):
    def succeed(self, attempt: Attempt, answer: Mapping[str, Any], message_ids: Sequence[int] | None = None) -> None:
        raise Killed


def test_killed_before_the_answer_is_recorded_is_adopted(task: FakeTask, ovh: FakeOvh) -> None:
    killed(dataclasses.replace(task, journal_class=KilledBeforeTheAnswer))
    assert task.states == ["pending"]
    assert task.run() == ANSWER
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


@pytest.mark.parametrize(
    ("result", "states"), [("lost", ["succeeded"]), ("not_executed", ["not_executed", "succeeded"])]
)
def test_a_lost_answer_is_reconciled_by_the_next_try(
    task: FakeTask, ovh: FakeOvh, result: str, states: list[str]
) -> None:
    lost(task, result)
    assert task.states == ["pending"]
    assert task.run() == ANSWER
    assert (ovh.received(), task.states) == (ONCE, states)


@pytest.mark.parametrize("result", ["lost", "not_executed"])
def test_a_lost_answer_of_the_last_try_is_reconciled_at_once(task: FakeTask, ovh: FakeOvh, result: str) -> None:
    assert task.run(task.write(result), last=True) == ANSWER
    assert ovh.received() == ONCE


def test_messages_listed_long_after_the_quiet_period_are_waited_for(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = 100  # its credits are gone: it is not absent
    lost(task)
    assert task.run() == ANSWER
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


def test_a_request_that_is_executed_within_the_quiet_period_is_found(task: FakeTask, ovh: FakeOvh) -> None:
    lost(task, "under_way")
    write = task.write(observe=lambda: ovh.land() if write.steps.count("observe") == 3 else None)
    assert task.run(write) == ANSWER
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


def test_messages_never_listed_are_asked_about(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = 1e9
    lost(task)
    with pytest.raises(ResolutionRequired, match="credits are missing as if it had executed it"):
        task.run()
    assert (task.states, len(ovh.messages)) == (["unknown"], 3)


def test_a_batch_executed_in_part_is_asked_about(task: FakeTask, ovh: FakeOvh) -> None:
    lost(task, "half")
    with pytest.raises(ResolutionRequired, match=r"OVH shows 1 of 3 \(partial\)"):
        task.run()
    assert (task.states, len(ovh.messages)) == (["unknown"], 1)


def test_waiting_messages_beside_another_run_in_flight_are_asked_about(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost", waiting=True))
    other = task.but(run_id="run_2", tag="spring-2", campaign="another")
    with pytest.raises(OutcomeUnknown):
        other.run(other.write("lost", waiting=True))
    with pytest.raises(ResolutionRequired, match="cannot be distinguished"):
        task.run()
    assert (task.states, len(ovh.messages)) == (["unknown"], 6)


def test_waiting_messages_of_its_own_are_adopted(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost", waiting=True))
    assert task.run() == ANSWER
    assert (task.states, ovh.received()) == (["succeeded"], ONCE)


def test_a_post_that_was_not_made_is_over_and_made_again_by_the_next_try(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(Unavailable):
        task.run(task.write("not_made"))
    assert task.states == ["not_executed"]
    write = task.write()
    assert task.run(write) == ANSWER
    assert ("observe" in write.steps, ovh.received()) == (False, ONCE)


def test_a_refused_post_is_made_again_once_ovh_shows_nothing_for_a_quiet_period(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(RequestRefused):
        task.run(task.write("refused"), last=True)
    assert task.states == ["refused"]
    assert task.run() == ANSWER
    assert (task.states, ovh.received()) == (["not_executed", "succeeded"], ONCE)


def test_an_executed_post_whose_repeat_by_a_proxy_was_refused_is_adopted(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = 100
    with pytest.raises(RequestRefused):
        task.run(task.write("repeated"))
    assert task.run() == ANSWER
    assert (task.states, ovh.received()) == (["succeeded"], ONCE)


def test_a_refused_post_may_be_corrected(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(RequestRefused):
        task.run(task.write("refused"))
    assert task.but(message_digest="hello again").run()["text"] == "hello again"
    assert ovh.received() == ONCE


def test_a_refused_post_keeps_no_other_run_from_sending(task: FakeTask, ovh: FakeOvh) -> None:
    task = dataclasses.replace(task, rules=ClaimRules(duplicate_window=timedelta(days=1)))
    with pytest.raises(RequestRefused):
        task.run(task.write("refused"))
    assert task.but(tag="spring-2", run_id="run_2").run()["submitted"] == 3


class PausedAfterClaim(Journal):
    def claim(self, snapshot: Mapping[str, Any]) -> Attempt | None:
        attempt = super().claim(snapshot)
        self.clock.sleep(31)
        return attempt


def test_a_process_paused_between_claim_and_post_makes_no_post(task: FakeTask, ovh: FakeOvh) -> None:
    write = dataclasses.replace(task, journal_class=PausedAfterClaim).write()
    with pytest.raises(DeadlineMissed, match="paused between its claim and its POST"):
        task.run(write)
    assert ("post" in write.steps, task.states) == (False, ["not_executed"])
    assert task.run() == ANSWER
    assert ovh.received() == ONCE


def test_a_post_that_is_not_ready_before_its_deadline_is_over(task: FakeTask, ovh: FakeOvh, clock: FakeClock) -> None:
    with pytest.raises(DeadlineMissed):
        task.run(task.write(post=lambda: clock.advance(31)))
    assert (task.states, ovh.messages) == (["not_executed"], [])


def test_a_tag_that_ovh_lists_and_the_journal_does_not_know_is_refused(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.accept(task.identity, PEOPLE)
    with pytest.raises(ResolutionRequired, match="OVH already lists the tag"):
        task.run()
    assert task.attempts == []


def test_an_adopted_answer_is_logged(task: FakeTask, caplog: pytest.LogCaptureFixture) -> None:
    lost(task)
    with caplog.at_level(logging.INFO):
        task.run()
    assert "OVH shows all that an earlier try submitted; its answer was lost" in caplog.text
