"""docs/opt-outs.md against the file that is published; its DAG is run with a real one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ovh_sms.assets import OPT_OUTS, OPT_OUTS_OF_TASK
from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.operators.collect_opt_outs import CollectOptOutsOperator
from ovh_sms.operators.publish_opt_outs import PublishOptOutsOperator
from ovh_sms.sending.opt_out_file import COLUMNS
from support.airflow_task import context
from support.answered_runs import delivered, people, reply, send_run
from support.pages import blocks, chapter, run_code, run_marked, table, text
from support.sandbox import SandboxProcess

PAGE = text("opt-outs.md")


class Events:
    """The events that a task adds to its asset."""

    def __init__(self) -> None:
        self.added: list[Any] = []

    def add(self, asset: Any, extra: Any) -> None:
        assert asset == OPT_OUTS
        self.added.append(SimpleNamespace(extra=extra))


def test_every_column_of_the_file_is_described_in_its_order() -> None:
    described = table(chapter(PAGE, "Write them back to your CRM"))
    described.pop("Column")
    assert tuple(described) == COLUMNS


def test_the_dag_of_the_page_writes_opt_outs_into_a_crm_once(sandbox: SandboxProcess, tmp_path: Path) -> None:
    there = delivered(sandbox, send_run(tmp_path / "include", people(300, 12)))
    for each in there[:2]:
        reply(sandbox, each, "STOP")
    CollectOptOutsOperator(task_id="default").execute(context(task_id="default"))
    events = Events()
    publish = PublishOptOutsOperator(task_id="publish")
    publish.execute(context(task_id="publish") | {"outlet_events": {OPT_OUTS_OF_TASK: events}})
    database = tmp_path / "crm.sqlite"
    with sqlite3.connect(database) as crm:
        crm.execute("CREATE TABLE no_sms (phone TEXT PRIMARY KEY, since TEXT, campaign TEXT)")
    dag = run_marked("opt-outs.md", "dag", {"/srv/crm/crm.sqlite": str(database)})["opt_outs_to_crm"]
    write_back = dag().get_task("write_back").python_callable
    assert [write_back({OPT_OUTS: events.added}) for _ in range(2)] == [2, 2]
    with sqlite3.connect(database) as crm:
        found = crm.execute("SELECT phone, campaign FROM no_sms ORDER BY phone").fetchall()
    assert found == [(each, "visit") for each in sorted(there[:2])]


def test_the_hash_of_the_page_is_that_of_the_file() -> None:
    (code,) = [
        code
        for language, mark, code in blocks(Path(__file__).parents[3] / "docs" / "opt-outs.md")
        if language == "python" and not mark
    ]
    found = run_code("opt-outs.md", code, secret="a secret of the shop")["found"]
    assert found == number_hash("+33639980001", b"a secret of the shop")
