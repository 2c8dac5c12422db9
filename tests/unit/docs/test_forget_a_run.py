"""The statements that forget a run name every table that knows it, in an order that the database accepts."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import func, select, text

from ovh_sms.store import tables
from ovh_sms.store.inbound import InboundFilter
from support.pages import DOCS
from support.stores import new_store
from unit.report.report_sample import fill, small
from unit.store.test_inbound import FIRST, a_reply

#: About the credits of an account, a run of another DAG, or a single SMS: no run of a campaign made their rows.
OF_ACCOUNTS = {
    *("ovh_sms_orders", "ovh_sms_transfers", "ovh_sms_approvals", "ovh_sms_announcing_tasks", "ovh_sms_outbox"),
    "ovh_sms_usage_lines",
    "ovh_sms_number_checks",
}
PAGE = (DOCS / "personal-data.md").read_text()
STATEMENTS = re.findall(r"^(?:DELETE FROM|UPDATE) (\w+) .*;$", PAGE, flags=re.MULTILINE)


def test_every_table_that_knows_a_run_is_named() -> None:
    keys = {"tag", "list_tag", "run_id"}
    known = {each.name for each in tables.metadata.tables.values() if keys & {*each.c.keys()}}
    assert set(STATEMENTS) == known - OF_ACCOUNTS


def test_the_replies_of_a_forgotten_run_do_not_come_back(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    store.inbound.save("sms-sb00001-1", [a_reply(1, receiver_key="C-1"), a_reply(2, run_id="manual__2")])
    with store.database.writing() as connection:
        for line in re.findall(r"^UPDATE .*;$", PAGE, flags=re.MULTILINE):
            for word, value in (("DAG", "sms_campaign_spring"), ("RUN", "manual__1")):
                line = line.replace(f"'{word}'", f"'{value}'")
            connection.execute(text(line.removesuffix(";")))
    assert store.inbound.unknown("sms-sb00001-1", [1, 2]) == [], "none would be read again"
    other, forgotten = store.inbound.page(InboundFilter())
    assert other == a_reply(2, run_id="manual__2")
    assert (forgotten.number, forgotten.text, forgotten.receiver_key, forgotten.run_id) == ("erased", "", None, None)
    assert sum(each.replies for each in store.inbound_announcements.claim(FIRST)) == 1
    store.close()


def test_a_run_is_forgotten_by_the_statements_in_their_order(tmp_path: Path) -> None:
    store, record = fill(tmp_path / "results.sqlite"), small()[0]
    page = (DOCS / "personal-data.md").read_text()
    with store.database.writing() as connection:
        known = select(func.count()).select_from(tables.messages).where(tables.messages.c.tag == record.tag)
        assert connection.execute(known).scalar_one() > 0
        for line in re.findall(r"^(?:DELETE FROM|UPDATE) .*;$", page, flags=re.MULTILINE):
            for word, value in (("TAG", record.tag), ("DAG", record.dag_id), ("RUN", record.run_id)):
                line = line.replace(f"'{word}'", f"'{value}'")
            connection.execute(text(line.removesuffix(";")))
        assert connection.execute(known).scalar_one() == 0
    assert store.submissions.of_run(record.dag_id, record.run_id) == []
    store.close()
