"""No number and no text of a message is logged, also at DEBUG, also by the libraries."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import Run

#: A number of the list in any spelling, and a value that the message uses.
LEAKED = re.compile(r"(?<![\d.])(?:(?:\+|00)?33|0)?6[ .-]?39[ .-]?98(?:[ .-]?\d){4}(?!\d)|\bP[0-4]\b|Bonjour")


def test_a_run_logs_no_number_at_debug(
    sandbox: SandboxProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ["", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, name)
    run = Run(tmp_path)
    batches = run.prepare(5)
    run.sent = [run.send(batches, at) for at in range(3)]
    sandbox.clock(advance=4 * 86_400)
    for submission in run.sent:
        sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
        collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
        BuildReportOperator(task_id="report", collected=collected).execute(context())
    talkative = {record.name.split(".")[0] for record in caplog.records if record.name.split(".")[0] != "ovh_sms"}
    assert talkative, "libraries log here"
    shown = capfd.readouterr()
    lines = [
        *(f"{each.name}: {each.getMessage()}" for each in caplog.records),
        *shown.out.splitlines(),
        *shown.err.splitlines(),
    ]
    assert len(lines) > 50
    assert [line for line in lines if LEAKED.search(line)] == []
