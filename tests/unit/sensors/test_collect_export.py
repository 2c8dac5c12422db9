"""When OVH writes the export of a submission, and how its messages are read if it writes none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.store import tables
from support.airflow_task import context
from support.sandbox import SandboxProcess

NUMBERS = [f"+3363998{n:04d}" for n in range(150)]
DAYS = 3 * 86_400


@pytest.fixture
def submission(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    task = SendJobOperator(
        task_id="send", message="Bonjour", numbers=NUMBERS, sender="MYSHOP", stop_clause=False, campaign="spring"
    )
    sent = task.execute(context(run_id=request.node.name))
    sandbox.clock(advance=DAYS)
    return sent


def collect(submission: dict[str, Any], status: str = "final") -> dict[str, Any]:
    sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
    result: dict[str, Any] = sensor.execute_complete(context(), {"status": status, "message": "the wait is over"})
    return result


@pytest.mark.parametrize(("status", "listed"), [("final", 0), ("deadline", 6)])
def test_the_export_starts_before_final_messages_are_listed_and_after_those_that_may_change(
    sandbox: SandboxProcess, submission: dict[str, Any], status: str, listed: int
) -> None:
    sandbox.reset_calls()
    held = sandbox.fault("hold_before", method="GET", path="/sms/*/document")
    with ThreadPoolExecutor() as pool:
        collecting = pool.submit(collect, submission, status)
        try:
            sandbox.wait_held(held)
            assert sandbox.calls("GET /sms/{serviceName}/outgoing") == listed
        finally:
            sandbox.clear_faults()
        assert collecting.result()["messages"] == 150
    assert sandbox.calls("GET /sms/{serviceName}/document") == 1
    assert sandbox.calls("GET /sms/{serviceName}/outgoing/{id}") == 0


@pytest.mark.parametrize("batch_header", [True, False])
def test_without_export_the_messages_are_read(
    sandbox: SandboxProcess, submission: dict[str, Any], batch_header: bool
) -> None:
    collect(submission)
    store = ResultsHook().store
    exported = {
        row.outgoing_id: (row.receiver, row.delivery_status, row.segments)
        for row in store.messages.iter(submission["tag"])
    }
    sandbox.features(batch_header=batch_header)
    sandbox.fault("status", method="GET", path="/sms/*/document", status=400, times=1)
    sandbox.reset_calls()
    try:
        with store.database.writing() as connection:
            connection.execute(delete(tables.messages))
        result = collect(submission)
    finally:
        sandbox.features(batch_header=True)
    read = {
        row.outgoing_id: (row.receiver, row.delivery_status, row.segments)
        for row in store.messages.iter(submission["tag"])
    }
    assert result["messages"] == 150
    assert read == exported
    assert sandbox.calls("GET /sms/{serviceName}/document") == 1  # what OVH refuses is not asked for again
    assert sandbox.calls()["total"] < 30 if batch_header else sandbox.calls()["total"] > 150
