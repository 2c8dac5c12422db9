"""The record of a submission, and the rights on its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending.collect import submission_record
from ovh_sms.sending.submission import Submission
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.airflow_task import context
from support.sandbox import SandboxProcess


@pytest.fixture
def submission(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    task = SendJobOperator(
        task_id="send",
        message="Bonjour",
        numbers=["+33639980001", "+33639980002"],
        sender="MYSHOP",
        stop_clause=False,
        campaign="spring",
    )
    return task.execute(context(run_id=request.node.name))


def test_an_unknown_estimate_is_not_nothing_and_the_folder_is_private(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    sandbox.clock(advance=3 * 86_400)
    before = os.umask(0o022)
    try:
        sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
        result = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    finally:
        os.umask(before)
    run = ResultsHook().store.submissions.get(submission["tag"])
    assert run is not None
    assert run.credits_estimated is None
    assert Path(result["folder"]).stat().st_mode & 0o777 == 0o700


def test_a_list_that_nobody_counted_has_the_receivers_that_ovh_counted(submission: dict[str, Any]) -> None:
    uncounted = submission | {"rows": None, "accepted": None, "submitted": 5, "refused": 2}
    record = submission_record(Submission.from_xcom(uncounted))
    assert (record.rows, record.accepted, record.submitted, record.refused) == (7, 7, 5, 2)
