"""An OVH that is unavailable is waited for without a worker and without spending a try; nothing is sent meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import Unavailable
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.task_context import task_tag
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.tries import once_claimed, states
from unit.operators.sends import SUBMIT, accepted, send

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


@pytest.fixture
def outage(sandbox: SandboxProcess) -> SandboxProcess:
    sandbox.fault("status", status=503, times=None)
    return sandbox


def deferred(make: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as wait:
        make()
    assert (wait.value.method_name, *wait.value.kwargs) == ("resume", "unavailable_since")
    return wait.value


def test_a_submission_waits_for_ovh_and_is_made_once_it_is_back(outage: SandboxProcess) -> None:
    wait = deferred(lambda: send(deferrable=True).execute(context()))
    assert wait.trigger.moment > datetime.now(UTC)
    deferred(lambda: send(deferrable=True).resume(context(), None, **wait.kwargs))
    assert (accepted(outage), states(task_tag(context()))) == (0, [])
    outage.clear_faults()
    assert send(deferrable=True).resume(context(), None, **wait.kwargs)["submitted"] == 5
    assert accepted(outage) == 5


def test_a_lost_answer_is_reconciled_after_an_outage(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    once_claimed(monkeypatch, lambda: sandbox.fault("status", status=503, times=None, method="GET", path="/sms/*"))
    deferred(lambda: send(deferrable=True).execute(context()))
    assert states(task_tag(context())) == ["pending"]
    sandbox.clear_faults()
    assert send().resume(context())["submitted"] == 5
    assert accepted(sandbox) == 5


def test_too_many_calls_are_waited_for_then_made_sure_of(sandbox: SandboxProcess) -> None:
    sandbox.fault("status", status=429, **SUBMIT)
    deferred(lambda: send(deferrable=True).execute(context()))
    assert states(task_tag(context())) == ["refused"]
    assert send().resume(context())["submitted"] == 5
    assert accepted(sandbox) == 5


def test_an_outage_goes_on_while_it_is_reconciled(sandbox: SandboxProcess) -> None:
    # else a key that OVH always refuses would post again every few minutes, without an end
    since = datetime.now(UTC) - timedelta(hours=5)
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(TaskDeferred) as wait:
        send(deferrable=True, quiet_period=timedelta(seconds=60)).resume(context(), None, since.isoformat())
    assert wait.value.kwargs == {"unavailable_since": since.isoformat()}


@pytest.mark.parametrize(
    "task",
    [
        OrderCreditsOperator(task_id="order", threshold=5000, quantity=100, max_price=50),
        UploadReceiversOperator(task_id="upload", csv_url="https://example.org/list.csv"),
        FreeReceiversSlotOperator(task_id="free", receivers=None),
    ],
    ids=["order", "upload", "free"],
)
def test_every_task_that_calls_ovh_waits(outage: SandboxProcess, task: Any) -> None:
    deferred(lambda: task.execute(context(task_id=task.task_id)))


def test_the_pauses_grow_with_the_outage_up_to_five_minutes(outage: SandboxProcess) -> None:
    for lasts, most in ((0, 31), (120, 62), (3600, 301)):
        since = datetime.now(UTC) - timedelta(seconds=lasts)
        wait = deferred(lambda since=since: send(deferrable=True).resume(context(), None, since.isoformat()))
        assert most - 5 <= (wait.trigger.moment - datetime.now(UTC)).total_seconds() <= most


def test_an_outage_longer_than_outage_timeout_fails_the_try(outage: SandboxProcess) -> None:
    since = datetime.now(UTC) - timedelta(hours=6)
    with pytest.raises(Unavailable):
        send(deferrable=True).resume(context(), None, since.isoformat())
    with pytest.raises(Unavailable):
        send(deferrable=True, outage_timeout=timedelta(0)).execute(context())
    with pytest.raises(Unavailable):
        send(deferrable=False).execute(context())
