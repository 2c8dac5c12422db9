"""The statements that forget a run name every table that knows it, in an order that the database accepts."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import func, select, text

from ovh_sms.store import tables
from support.pages import DOCS
from unit.report.report_sample import fill, small

#: About the credits of an account, or a run of another DAG: no run of a campaign made their rows.
OF_ACCOUNTS = {"ovh_sms_orders", "ovh_sms_transfers", "ovh_sms_approvals", "ovh_sms_announcing_tasks"}
STATEMENTS = re.findall(r"^DELETE FROM (\w+) WHERE .*;$", (DOCS / "personal-data.md").read_text(), flags=re.MULTILINE)


def test_every_table_that_knows_a_run_is_named() -> None:
    keys = {"tag", "list_tag", "run_id"}
    known = {each.name for each in tables.metadata.tables.values() if keys & {*each.c.keys()}}
    assert set(STATEMENTS) == known - OF_ACCOUNTS


def test_a_run_is_forgotten_by_the_statements_in_their_order(tmp_path: Path) -> None:
    store, record = fill(tmp_path / "results.sqlite"), small()[0]
    page = (DOCS / "personal-data.md").read_text()
    with store.database.writing() as connection:
        known = select(func.count()).select_from(tables.messages).where(tables.messages.c.tag == record.tag)
        assert connection.execute(known).scalar_one() > 0
        for line in re.findall(r"^DELETE FROM .*;$", page, flags=re.MULTILINE):
            for word, value in (("TAG", record.tag), ("DAG", record.dag_id), ("RUN", record.run_id)):
                line = line.replace(f"'{word}'", f"'{value}'")
            connection.execute(text(line.removesuffix(";")))
        assert connection.execute(known).scalar_one() == 0
    assert store.submissions.of_run(record.dag_id, record.run_id) == []
    store.close()
