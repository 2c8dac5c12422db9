"""A triggerer that is down, or fails, keeps no task waiting for ever: the worker goes on by itself, and sends once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import TriggerEvent

from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.sends import SUBMIT, accepted, send

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

#: What Airflow's scheduler and triggerer hand to the worker in place of the trigger's event.
FAILURES = [{"error": "Trigger timeout"}, {"error": "Trigger failure", "traceback": ["Traceback"]}]


def deferred(**changes: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        send(deferrable=True, **changes).execute(context())
    return caught.value


def test_a_wait_without_a_triggerer_ends(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    wait = deferred(quiet_period=timedelta(seconds=60))
    assert wait.timeout is not None
    assert timedelta(minutes=15) < wait.timeout <= timedelta(minutes=16)


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("try_number", [1, 4], ids=["first try", "last try"])
@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_a_wait_that_the_triggerer_does_not_end_is_ended_by_the_worker(
    sandbox: SandboxProcess, failure: dict[str, Any], try_number: int, kind: str
) -> None:
    sandbox.fault(kind, **SUBMIT)
    deferred()
    task = send(deferrable=True)
    answer = task.resume_execution(TRIGGER_FAIL_REPR, failure, context(try_number=try_number))
    assert answer["submitted"] == accepted(sandbox) == 5
    assert send().execute(context(try_number=2)) == answer
    assert accepted(sandbox) == 5


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_task_that_waited_for_ovh_goes_on_without_a_triggerer(
    sandbox: SandboxProcess, failure: dict[str, Any]
) -> None:
    task = FreeReceiversSlotOperator(task_id="free", receivers=None)
    assert task.resume_execution(TRIGGER_FAIL_REPR, failure, context(task_id="free")) is False


def test_a_try_after_a_wait_that_was_not_ended_reconciles(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    deferred()
    assert send(deferrable=False).execute(context(try_number=2))["submitted"] == 5
    assert accepted(sandbox) == 5


def test_a_wait_that_the_triggerer_ends_goes_on_without_holding_the_worker(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    wait = deferred(quiet_period=timedelta(seconds=60))
    event = {"event": TriggerEvent(None).payload}
    with pytest.raises(TaskDeferred):
        send(deferrable=True, quiet_period=timedelta(seconds=60)).resume_execution(wait.method_name, event, context())
