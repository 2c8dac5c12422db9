"""An outage of OVH while a submission is collected spends no try, and costs no report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import Unavailable
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.airflow_task import context
from support.sandbox import SandboxProcess

DAYS = 3 * 86_400


@pytest.fixture
def submission(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Final at OVH, which is unavailable."""
    task = SendJobOperator(
        task_id="send", message="Bonjour", numbers=["+33639980001"], sender="MYSHOP", stop_clause=False
    )
    sent = task.execute(context(run_id=request.node.name))
    sandbox.clock(advance=DAYS)
    sandbox.fault("status", status=503, times=None)
    return sent


def sensor(submission: dict[str, Any], **changes: Any) -> CollectOutgoingSensor:
    return CollectOutgoingSensor(task_id="collect", submission=submission, **changes)


def test_an_outage_is_waited_for_without_a_worker(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    with pytest.raises(TaskDeferred) as first:
        sensor(submission, opt_out_window=timedelta(0)).execute(context())
    assert first.value.method_name == "resume"
    assert isinstance(first.value.trigger, DateTimeTrigger)
    with pytest.raises(TaskDeferred):
        sensor(submission).resume(context(), None, **first.value.kwargs)
    sandbox.clear_faults()
    resumed = sensor(submission, opt_out_window=timedelta(0))
    assert resumed.resume(context(), None, **first.value.kwargs)["complete"]


def test_an_outage_longer_than_outage_timeout_fails_the_try(submission: dict[str, Any]) -> None:
    since = (datetime.now(UTC) - timedelta(hours=6)).isoformat()
    with pytest.raises(Unavailable):
        sensor(submission).resume(context(), None, unavailable_since=since)
    with pytest.raises(Unavailable):
        sensor(submission, deferrable=False).execute(context())


def test_after_an_outage_it_collects_at_once_if_the_wait_was_over(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    ended = {"status": "final", "message": "all final"}
    with pytest.raises(TaskDeferred) as deferred:
        sensor(submission, opt_out_window=timedelta(hours=1)).execute_complete(context(), ended)
    sandbox.clear_faults()
    resumed = sensor(submission, opt_out_window=timedelta(hours=1))
    assert resumed.resume(context(), None, **deferred.value.kwargs)["complete"]
