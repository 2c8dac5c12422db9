"""docs/outbox.md against the columns, states and reasons; its DAG and its SQL are run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from ovh_sms.operators.send_outbox import SendOutboxOperator
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.store.outbox_records import OUTBOX_STATES, QueuedSms
from support.airflow_task import context
from support.outbox import Outbox
from support.pages import DOCS, blocks, chapter, rows, run_marked, table, text
from support.sandbox import SandboxProcess

PAGE = text("outbox.md")


@pytest.fixture
def outbox(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Outbox]:
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()


def test_every_column_that_a_writer_gives_is_described() -> None:
    described = [row[0].strip("`") for row in rows(chapter(PAGE, "Queue an SMS"))[1:]]
    sms = QueuedSms(key="k", receiver="", message="", sender="", stop_clause=False)
    assert sorted(described) == sorted(sms.to_columns())


def test_every_state_and_reason_is_described() -> None:
    described = table(chapter(PAGE, "What became of it"))
    for name in ("State", "Reason"):
        del described[name]
    reasons = {each.value: each.meaning for each in RowReason}
    assert set(described) == {*OUTBOX_STATES, *reasons}
    assert {name: described[name][0] for name in reasons} == reasons


def test_the_dag_and_the_sql_of_the_page_queue_one_sms(outbox: Outbox) -> None:
    queue = run_marked("outbox.md", "dag")["orders_shipped"]().get_task("queue").python_callable
    for _ in range(2):
        queue([{"id": 4711, "phone": "06 39 98 00 01"}])
    (statement,) = [body for language, _, body in blocks(DOCS / "outbox.md") if language == "sql"]
    with outbox.store.database.writing() as connection:
        connection.execute(sql(statement))
    made = SendOutboxOperator(task_id="default", linger=timedelta(0)).execute(context(task_id="default"))
    assert made["rows"] == {"submitted": 2}
    assert outbox.sent() == {("+33639980001", f"Votre commande {order} est partie."): 1 for order in (4711, 4713)}
