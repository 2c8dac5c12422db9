"""One truth, shown many times: the sandbox's own counts, SQL, the page, the report, its JSON, CSV and Parquet."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.settings import data_path
from ovh_sms.store import tables
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import Run

DAYS = 4 * 86_400
ROWS, SIZE = 60, 20


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> Run:
    made = Run(tmp_path, size=SIZE)
    batches = made.prepare(ROWS)
    for at in range(2):  # the third batch is never sent
        made.sent.append(made.send(batches, at))
    return made


def collect(submission: dict[str, Any]) -> dict[str, Any]:
    sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
    collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    return BuildReportOperator(task_id="report", collected=collected).execute(context())


def status() -> RunStatus:
    (results,) = ResultsHook().store.run_results.of_run("a_dag", "run_1")
    return run_status(results, datetime.now(UTC), has_ended=True)


def sums() -> dict[str, Any]:
    """The same by SQL alone."""
    store, it, messages = ResultsHook().store, tables.submissions.c, tables.messages.c
    with store.database.reading() as connection:
        spent, submitted = connection.execute(select(func.sum(it.credits_spent), func.sum(it.submitted))).one()
        statuses = select(messages.delivery_status, func.count()).group_by(messages.delivery_status)
        counts = {status: count for status, count in connection.execute(statuses)}  # noqa: C416 - rows, no pairs
    return {
        "credits": spent,
        "submitted": submitted,
        "lost": counts.get("failed", 0) + counts.get("expired", 0),
        **counts,
    }


def rows_of(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text().splitlines(), delimiter=";"))


def test_page_report_files_and_sql_show_the_sandboxs_truth(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.clock(advance=DAYS)
    reports = [collect(each) for each in run.sent]
    truth = sandbox.truth(account=sandbox.account_name)
    lost = truth["failed"]
    page, sql = status(), sums()
    whole = json.loads((Path(reports[-1]["run_report"]).parent / "figures.json").read_text())
    html = Path(reports[-1]["run_report"]).read_text()
    in_csv = Counter(row["delivery_status"] for each in reports for row in rows_of(each["messages"]))

    assert truth["accepted"] == 2 * SIZE
    for name, found in {
        "page": (page.sent, page.delivered, page.failed + page.expired, page.credits_spent),
        "sql": (
            sql["submitted"],
            sql.get("delivered", 0),
            sql.get("failed", 0) + sql.get("expired", 0),
            sql["credits"],
        ),
        "json": (whole["submitted"], whole["delivered"], whole["failed"] + whole["expired"], whole["credits_spent"]),
        "csv": (sum(in_csv.values()), in_csv["delivered"], in_csv["failed"] + in_csv["expired"], truth["credits"]),
        "parquet": (*_parquet([each["parquet"] for each in reports]), truth["credits"]),
    }.items():
        assert found == (truth["accepted"], truth["delivered"], lost, truth["credits"]), name
    assert _bars(html)["Delivered"] == f"{truth['delivered']}"
    assert _bars(html)["Submitted to OVH"] == f"{truth['accepted']}"
    assert sum(len(rows_of(each["failed"])) for each in reports) == lost


def test_every_figure_of_a_run_sent_in_part_has_the_whole_list_beside_it(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.clock(advance=DAYS)
    for each in run.sent:
        report = collect(each)
    page = status()
    assert (page.state, page.receivers, page.sent, page.not_written) == (RunState.IN_PART, ROWS, 2 * SIZE, SIZE)
    whole = json.loads((Path(report["run_report"]).parent / "figures.json").read_text())
    assert (whole["rows"], whole["accepted"], whole["not_written"]) == (ROWS, ROWS, SIZE)
    assert (whole["batches"], whole["batches_collected"], whole["unaccounted"]) == (3, 2, 0)
    html = Path(report["run_report"]).read_text()
    assert _bars(html)["Rows in the list"] == f"{ROWS}"
    assert f"{SIZE} not written to" in html
    assert "every delivery receipt is final" not in html.lower()


def test_the_files_of_a_report_hold_no_number_in_their_names(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.clock(advance=DAYS)
    collect(run.sent[0])
    assert not [path for path in data_path().rglob("*") if re.search(r"(?:\+?33|0)6\d{8}", path.name)]


def _bars(html: str) -> dict[str, str]:
    """Name and value of each bar of the funnel."""
    funnel = html[html.index("From the list to the phone") :]
    found = re.findall(r'<th scope="row">([^<]+)(?:<small>.*?</small>)?</th>\s*<td[^>]*>([\d,.]+)</td>', funnel)
    return {name.strip(): value for name, value in reversed(found)}


def _parquet(paths: list[str]) -> tuple[int, int, int]:
    import pyarrow.parquet as pq

    counts: Counter[str] = Counter()
    for path in paths:
        counts.update(pq.read_table(path).column("delivery_status").to_pylist())
    return sum(counts.values()), counts["delivered"], counts["failed"] + counts["expired"]
