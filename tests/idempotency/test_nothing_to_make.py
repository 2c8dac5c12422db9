"""A write that is of no use any more claims nothing, makes nothing and leaves no question open."""

from __future__ import annotations

import pytest

from ovh_sms.errors import OutcomeUnknown, ResolutionRequired
from ovh_sms.idempotency.remote_write import NothingToMake
from support.fake_remote import FakeOvh, FakeTask


def of_no_use() -> None:
    raise NothingToMake("nobody is left")


def test_a_first_try_claims_and_makes_nothing(task: FakeTask, ovh: FakeOvh) -> None:
    write = task.write(precheck=of_no_use)
    with pytest.raises(NothingToMake):
        task.run(write)
    assert (write.steps, task.attempts, ovh.messages) == (["precheck"], [], [])


def test_a_try_after_a_lost_request_closes_its_attempt(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    with pytest.raises(NothingToMake):
        task.run(task.write(precheck=of_no_use))
    assert (task.states, ovh.messages) == (["not_executed"], [])


def test_a_try_after_a_lost_answer_is_adopted_all_the_same(task: FakeTask) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost"))
    assert task.run(task.write(precheck=of_no_use))["submitted"] == 3
    assert task.states == ["succeeded"]


def test_a_person_who_resolved_it_as_not_made_is_not_asked_again(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = 1e9
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    ovh.accept(task.but(tag="other", run_id="other").identity, ["p9"])  # its credits are missing
    with pytest.raises(ResolutionRequired):
        task.run()
    task.resolve("send", although=True)
    with pytest.raises(NothingToMake):
        task.run(task.write(precheck=of_no_use))
    assert task.states == ["not_executed"]
