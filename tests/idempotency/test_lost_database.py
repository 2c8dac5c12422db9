"""A database that is lost at any step, before or after it stored the change, never leads to a second POST."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from typing import Any

import pytest

from ovh_sms.errors import OutcomeUnknown, OvhSmsError, RequestRefused, StoreUnavailable
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.protocol import ReconcileWait
from support.fake_clock import FakeClock
from support.fake_remote import PEOPLE, FakeOvh, FakeTask

ONCE = {("run_1", person): 1 for person in PEOPLE}
READS = [("live", 0, False), ("live", 1, False), ("live", 2, False), ("refuse_cancelled", 0, False)]
CHANGES = [(name, 0, kept) for name in ("claim", "succeed", "mark_not_executed", "observe") for kept in (False, True)]


def losing(name: str, at: int, *, stored: bool) -> type[Journal]:
    """A journal whose database is lost at the n-th call of one method, before or after the change is stored."""
    calls = itertools.count()

    def lost(self: Journal, *args: Any, **given: Any) -> Any:
        is_lost = next(calls) == at
        if is_lost and not stored:
            raise StoreUnavailable("The results database cannot be reached.")
        answer = getattr(super(kind, self), name)(*args, **given)
        if is_lost:
            raise StoreUnavailable("The results database cannot be reached.")
        return answer

    kind = type("LosingJournal", (Journal,), {name: lost})
    return kind


@pytest.mark.parametrize(("name", "at", "stored"), READS + CHANGES)
@pytest.mark.parametrize("result", ["ok", "lost", "not_executed", "refused"])
def test_a_database_lost_at_any_step_leads_to_no_second_post(
    task: FakeTask, ovh: FakeOvh, clock: FakeClock, result: str, name: str, at: int, stored: bool
) -> None:
    failing = dataclasses.replace(task, journal_class=losing(name, at, stored=stored))
    results = iter([result])
    for _ in range(4):  # tries of the task; the database is lost in one of them
        with contextlib.suppress(StoreUnavailable, OutcomeUnknown, RequestRefused, ReconcileWait):
            failing.run(failing.write(next(results, "ok")), deferrable=True)
        clock.advance(61)
    assert task.run()["submitted"] == 3
    assert ovh.received() == ONCE
    assert all(each.question is None for each in task.attempts)
    assert task.states[-1:] == ["succeeded"]
    assert set(task.states[:-1]) <= {"not_executed"}


def test_a_database_lost_while_ovh_is_read_leaves_the_attempt_pending(task: FakeTask, ovh: FakeOvh) -> None:
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("lost"))

    def lose() -> None:
        raise StoreUnavailable("The results database cannot be reached.")

    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            task.run(task.write(observe=lose))
    assert task.states == ["pending"]
    task.run()
    assert ovh.received() == ONCE


@pytest.mark.parametrize("stored", [False, True])
def test_a_question_that_was_lost_is_asked_again(task: FakeTask, ovh: FakeOvh, stored: bool) -> None:
    failing = dataclasses.replace(task, journal_class=losing("ask", 0, stored=stored))
    with pytest.raises(OutcomeUnknown):
        task.run(task.write("half"))
    with pytest.raises(StoreUnavailable):
        failing.run()
    with pytest.raises(OvhSmsError, match="OVH shows 1 of 3"):
        failing.run()
    assert (len(ovh.messages), task.states) == (1, ["unknown"])
