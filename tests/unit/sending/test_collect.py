"""The record of a submission, and the rights on its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.build_report import BuildReportOperator
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


@pytest.mark.parametrize(
    "forged",
    [
        {"tag": "c0"},
        {"tag": "../.."},
        {"campaign": "../.."},
        {"list_path": "{here}/prepared.csv"},
        {"folder": "{here}", "batches": 2},
        {"dag_id": "another_dag"},
        {"run_id": "another_run"},
        {"account": "sms-other-1"},
    ],
)
def test_a_forged_submission_is_refused_and_touches_no_folder(
    submission: dict[str, Any], tmp_path: Path, forged: dict[str, Any]
) -> None:
    here = tmp_path / "folder"
    here.mkdir(mode=0o755)
    here.chmod(0o755)
    given = {name: value.format(here=here) if isinstance(value, str) else value for name, value in forged.items()}
    for run in ("execute", "execute_complete"):
        sensor = CollectOutgoingSensor(task_id="collect", submission={**submission, **given})
        event = ({"status": "final", "message": "all final"},) if run == "execute_complete" else ()
        with pytest.raises(ConfigurationError, match=r"journal|is for the SMS account"):
            getattr(sensor, run)(context(), *event)
    assert list(here.iterdir()) == []
    assert here.stat().st_mode & 0o777 == 0o755


def test_a_forged_report_leaves_the_data_folder_alone(
    sandbox: SandboxProcess, submission: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.clock(advance=3 * 86_400)
    sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
    collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    run = {"dag_id": "a_dag", "run_id": "run_1", "of": 2, "folder": str(tmp_path)}
    for forged in ({"folder": str(tmp_path)}, {"run": run}):
        with pytest.raises(ConfigurationError, match="outside of the data folder"):
            BuildReportOperator(task_id="report", collected={**collected, **forged}).execute(context())
    assert not (tmp_path / "report.html").exists()


def test_a_list_that_nobody_counted_has_the_receivers_that_ovh_counted(submission: dict[str, Any]) -> None:
    uncounted = submission | {"rows": None, "accepted": None, "submitted": 5, "refused": 2}
    record = submission_record(Submission.from_xcom(uncounted))
    assert (record.rows, record.accepted, record.submitted, record.refused) == (7, 7, 5, 2)


def test_a_report_made_after_a_purge_says_so_and_writes_no_empty_tables(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    sandbox.clock(advance=3 * 86_400)
    sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
    collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    report = BuildReportOperator(task_id="report", collected=collected)
    before = report.execute(context())
    assert Path(before["messages"]).read_text(encoding="utf-8").count("\n") == 3
    store = ResultsHook().store
    assert store.personal_data.purge(submission["tag"]) == 2
    for name in ("messages", "failed", "parquet"):
        Path(before[name]).unlink()
    after = report.execute(context())
    assert (after["messages"], after["failed"], after["parquet"]) == (None, None, None)
    assert not Path(before["messages"]).exists()
    page = Path(after["report"]).read_text(encoding="utf-8")
    assert "The messages were removed on" in page
    assert "OVH_SMS_RETENTION_DAYS" in page
    with pytest.raises(ConfigurationError, match="OVH_SMS_RETENTION_DAYS"):
        sensor.execute_complete(context(), {"status": "final", "message": "all final"})
