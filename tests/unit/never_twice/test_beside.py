"""Two processes at one task: Airflow took a worker for dead that was merely slow, or started a try twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError, OutcomeUnknown, RequestChanged
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, SUBMIT_CALL, Beside, held, once, receivers, send

LISTED = {"method": "GET", "path": "/sms/*/outgoing"}


def counting(sandbox: SandboxProcess) -> dict[str, str]:
    """The call by which a task counts the credits, between what it knows of its batch and its own attempt."""
    return {"method": "GET", "path": f"/sms/{sandbox.account_name}"}


def leaves_it(late: Beside) -> None:
    """The process that came too late leaves it to the next try, and does not say that nothing was sent."""
    assert isinstance(late.error, OutcomeUnknown), late.error or late.made
    assert "Nothing was sent" not in str(late.error)


def test_a_slow_process_does_not_write_over_what_the_other_has_done(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    # its own later attempt would hide the messages of the other one, which are pending at OVH without a tag
    delay = {"delay_minutes": 60}
    with held(sandbox, lambda: send(**delay), **counting(sandbox)) as slow:
        sandbox.fault("lost_answer", **SUBMIT_CALL)
        with pytest.raises(OutcomeUnknown):
            send(**delay)
        leaping.sleep(1.1)  # by then, messages of the first are older than those the attempt searches
    leaves_it(slow)
    assert send(**delay)["submitted"] == 5
    assert once(sandbox) == 5


def test_nor_where_ovh_lists_late(sandbox: SandboxProcess) -> None:
    # its own attempt would have counted the credits after those of the other were gone
    with held(sandbox, lambda: send(), **counting(sandbox)) as slow:
        sandbox.fault("late_listing", seconds=6, answer="lost", **SUBMIT_CALL)
        with pytest.raises(OutcomeUnknown):
            send()
    leaves_it(slow)
    assert send(reconcile_timeout=timedelta(seconds=30))["submitted"] == 5
    assert once(sandbox) == 5


def test_a_slow_process_that_finds_the_other_ones_messages(sandbox: SandboxProcess) -> None:
    # it was about to check that the tag is new
    with held(sandbox, lambda: send(), **LISTED) as slow:
        answer = send()
        sandbox.clock(advance=60)
    leaves_it(slow)
    assert send() == answer
    assert once(sandbox) == 5


def test_the_last_try_beside_a_process_that_ends_meanwhile(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    # no further try would observe: it waits, and returns the answer of the other one
    last: dict[str, Any] = {"try_number": 4}
    with held(sandbox, lambda: send(**last), **counting(sandbox)) as slow:
        posting = sandbox.fault("hold_before", **SUBMIT_CALL)
        other = Beside(lambda: send())
        sandbox.wait_held(posting, seconds=30)
        leaping.after(0.1, lambda: (sandbox.release(posting), other.end()))
    assert other.error is None
    assert slow.error is None
    assert slow.made["submitted"] == other.made["submitted"] == 5
    assert once(sandbox) == 5


@pytest.mark.parametrize(("delay", "error"), [(0, OutcomeUnknown), (60, ConfigurationError)], ids=["listed", "waiting"])
def test_two_tasks_with_one_tag_never_pass_for_each_other(
    sandbox: SandboxProcess, delay: int, error: type[Exception]
) -> None:
    # the tag was given by hand, to two tasks of one DAG that send different messages to different people
    other = [f"+336399801{n:02d}" for n in range(5)]
    changed = {"task_id": "other", "numbers": other, "message": "Autre texte", "tag": "promo"}
    with held(sandbox, lambda: send(**changed), **LISTED) as second:
        first = send(tag="promo", delay_minutes=delay)
        if not delay:
            sandbox.clock(advance=60)
    assert type(second.error) is error
    with pytest.raises(RequestChanged, match="its message and list changed"):
        send(**changed)
    assert receivers(sandbox) == set(NUMBERS)
    assert (first["submitted"], once(sandbox)) == (5, 5)
