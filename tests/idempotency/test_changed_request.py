"""A request that changed between two tries: the old attempt is reconciled under its own tag, then it is refused."""

from __future__ import annotations

import pytest

from ovh_sms.errors import OutcomeUnknown, RequestChanged, ResolutionRequired
from support.fake_remote import PEOPLE, FakeOvh, FakeTask

ONCE = {("run_1", person): 1 for person in PEOPLE}
CHANGES = [{"message_digest": "good-bye"}, {"list_digest": "p1 p2"}, {"message_digest": "good-bye", "tag": "spring-2"}]


@pytest.mark.parametrize("changes", CHANGES)
def test_a_lost_attempt_is_found_under_its_own_tag_and_the_change_refused(
    task: FakeTask, ovh: FakeOvh, changes: dict[str, str]
) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost"))
    changed = task.but(**changes)
    for _ in range(2):
        with pytest.raises(RequestChanged, match=r"with the tag spring-1, or may have.* changed"):
            changed.run()
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])
    assert task.run()["submitted"] == 3, "set back, it is adopted"


@pytest.mark.parametrize("changes", CHANGES)
def test_an_attempt_that_was_not_made_is_closed_and_the_change_refused_once(
    task: FakeTask, ovh: FakeOvh, changes: dict[str, str]
) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    changed = task.but(**changes)
    with pytest.raises(RequestChanged):
        changed.run()
    assert (ovh.messages, task.states) == ([], ["not_executed"])
    changed.run()
    assert {each.text for each in ovh.messages} == {changed.identity.message_digest}


@pytest.mark.parametrize("changes", CHANGES)
def test_an_answered_attempt_is_not_passed_for_the_changed_request(
    task: FakeTask, ovh: FakeOvh, changes: dict[str, str]
) -> None:
    task.run()
    with pytest.raises(RequestChanged):
        task.but(**changes).run()
    assert ovh.received() == ONCE


def test_waiting_messages_of_a_changed_request_are_asked_about(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost", waiting=True))
    with pytest.raises(ResolutionRequired, match="cannot be distinguished"):
        task.but(message_digest="good-bye").run()
    assert (ovh.received(), task.states) == (ONCE, ["unknown"])


def test_a_changed_request_follows_no_resolution_but_that_of_the_old_one(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("half"))
    with pytest.raises(ResolutionRequired):
        task.run()
    task.resolve("sent")
    with pytest.raises(RequestChanged):
        task.but(message_digest="good-bye").run()
    assert (len(ovh.messages), task.states) == (1, ["succeeded"])


def test_a_changed_request_beside_the_old_one_at_once_makes_nothing(task: FakeTask, ovh: FakeOvh) -> None:
    changed = task.but(message_digest="good-bye", tag="spring-2")
    with pytest.raises(RequestChanged):
        changed.run(changed.write(snapshot=lambda: task.run()), last=True)
    assert ovh.received() == ONCE
