"""A person's resolution names one question, is followed once, and never against newer observations."""

from __future__ import annotations

import pytest

from ovh_sms.errors import ConfigurationError, OutcomeUnknown, ResolutionRequired, RunCancelled
from support.fake_clock import FakeClock
from support.fake_remote import PEOPLE, FakeOvh, FakeTask

ONCE = {("run_1", person): 1 for person in PEOPLE}
NEVER = 1e9


def ask(task: FakeTask, result: str) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write(result))
    with pytest.raises(ResolutionRequired):
        task.run()
    assert task.states == ["unknown"]


def ask_with_foreign_credits(task: FakeTask, ovh: FakeOvh) -> None:
    """Ask about an attempt that was not made, while a credit is missing that another program's message took."""
    ovh.listed_late = NEVER
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    ovh.accept(task.but(tag="other", run_id="other").identity, ["p9"])
    with pytest.raises(ResolutionRequired):
        task.run()
    assert task.states == ["unknown"]


def own(ovh: FakeOvh) -> dict[tuple[str, str], int]:
    return {key: count for key, count in ovh.received().items() if key[0] == "run_1"}


def test_nothing_is_done_until_a_person_resolves(task: FakeTask, ovh: FakeOvh) -> None:
    ask(task, "half")
    for _ in range(2):
        with pytest.raises(ResolutionRequired, match="ovh-sms resolve spring-1"):
            task.run()
    assert (len(ovh.messages), task.states) == (1, ["unknown"])


def test_messages_that_all_came_to_light_need_no_person(task: FakeTask, ovh: FakeOvh, clock: FakeClock) -> None:
    ovh.listed_late = 1000
    ask(task, "lost")
    clock.advance(1000)
    assert task.run()["submitted"] == 3
    assert (ovh.received(), task.states) == (ONCE, ["succeeded"])


def test_sent_is_adopted_and_nothing_is_made(task: FakeTask, ovh: FakeOvh) -> None:
    ask(task, "half")
    task.resolve("sent")
    answer = task.run()
    assert (answer["resolution"], len(ovh.messages), task.states) == ("sent", 1, ["succeeded"])
    assert task.run()["resolution"] == "sent"


def ask_beside_another_run(task: FakeTask, ovh: FakeOvh) -> None:
    """Ask about an attempt that was not made, as the waiting messages of another run may be its own."""
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("not_executed"))
    other = task.but(run_id="run_2", tag="spring-2", campaign="another")
    with pytest.raises(OutcomeUnknown):
        other.run(other.write("lost", waiting=True))
    with pytest.raises(ResolutionRequired, match="cannot be distinguished"):
        task.run()
    for each in ovh.messages:
        each.waiting = False  # then they leave, and carry the other run's tag


def test_send_makes_it_once_if_nothing_is_there(task: FakeTask, ovh: FakeOvh) -> None:
    ask_beside_another_run(task, ovh)
    task.resolve("send")
    assert task.run()["submitted"] == 3
    assert (own(ovh), task.states) == (ONCE, ["not_executed", "succeeded"])
    assert task.run()["submitted"] == 3
    assert own(ovh) == ONCE


def test_send_against_missing_credits_is_refused(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = NEVER
    ask(task, "lost")
    with pytest.raises(ConfigurationError, match="'send' would probably send it twice"):
        task.resolve("send")
    with pytest.raises(ResolutionRequired):
        task.run()
    assert own(ovh) == ONCE


def test_send_although_credits_are_gone_makes_it(task: FakeTask, ovh: FakeOvh) -> None:
    ask_with_foreign_credits(task, ovh)
    task.resolve("send", although=True)
    ovh.listed_late = 0
    assert task.run()["submitted"] == 3
    assert own(ovh) == ONCE


def test_credits_that_go_after_a_resolution_as_send_are_asked_about(task: FakeTask, ovh: FakeOvh) -> None:
    ask_beside_another_run(task, ovh)
    task.resolve("send")
    ovh.listed_late = NEVER
    ovh.accept(task.but(tag="other", run_id="other").identity, ["p9"])
    with pytest.raises(ResolutionRequired, match="credits are missing"):
        task.run()
    assert (own(ovh), task.states) == ({}, ["unknown"])


def test_messages_found_although_a_person_resolved_as_send_are_not_made_again(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = NEVER
    ask(task, "lost")
    task.resolve("send", although=True)
    for each in ovh.messages:
        each.listed_at = 0
    with pytest.raises(ResolutionRequired, match="OVH shows 3 of 3"):
        task.run()
    assert task.run()["submitted"] == 3
    assert (own(ovh), task.states) == (ONCE, ["succeeded"])


def test_a_part_found_although_a_person_resolved_as_send_is_asked_about_again(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = NEVER
    ask(task, "half")
    task.resolve("send", although=True)
    ovh.messages[0].listed_at = 0
    with pytest.raises(ResolutionRequired, match="OVH shows 1 of 3"):
        task.run()
    assert (len(ovh.messages), task.attempts[0].resolution) == (1, None)


def test_a_resolution_with_another_code_or_tag_is_refused(task: FakeTask) -> None:
    ask(task, "half")
    with pytest.raises(ConfigurationError, match="000000 is not the code of the question"):
        task.resolve("sent", code="000000")
    with pytest.raises(ConfigurationError, match="No outcome with the tag spring-9 is unknown"):
        task.but(tag="spring-9").resolve("sent", code="000000")
    assert task.attempts[0].resolution is None


def test_a_second_resolution_is_refused(task: FakeTask) -> None:
    ask(task, "half")
    task.resolve("sent")
    with pytest.raises(ConfigurationError, match="resolved already as sent by anna"):
        task.resolve("sent")


def test_a_pending_or_a_succeeded_attempt_takes_no_resolution(task: FakeTask) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost"))
    with pytest.raises(ConfigurationError, match="is unknown"):
        task.resolve("sent", code="000000")
    task.run()
    with pytest.raises(ConfigurationError, match="is unknown"):
        task.resolve("sent", code="000000")


def test_a_cancelled_run_makes_nothing_on_a_resolution_as_send(task: FakeTask, ovh: FakeOvh) -> None:
    ask_with_foreign_credits(task, ovh)
    task.resolve("send", although=True)
    task.cancel()
    with pytest.raises(RunCancelled):
        task.run()
    assert own(ovh) == {}


def test_an_answer_to_an_earlier_question_counts_no_more(task: FakeTask, ovh: FakeOvh) -> None:
    ovh.listed_late = NEVER
    ask(task, "half")
    earlier = task.attempts[0].question
    task.resolve("send", although=True)
    ovh.messages[0].listed_at = 0
    with pytest.raises(ResolutionRequired):
        task.run()
    assert earlier is not None
    with pytest.raises(ConfigurationError, match="is not the code of the question"):
        task.resolve("sent", code=earlier["code"])


def test_both_workers_that_follow_one_resolution_as_send_make_it_once(task: FakeTask, ovh: FakeOvh) -> None:
    ask_with_foreign_credits(task, ovh)
    task.resolve("send", although=True)
    ovh.listed_late = 0
    write = task.write(snapshot=lambda: task.run())
    assert task.run(write, last=True)["submitted"] == 3
    assert own(ovh) == ONCE
