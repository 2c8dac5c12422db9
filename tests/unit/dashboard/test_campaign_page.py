"""The trend of a campaign compares runs whose messages are final."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.dashboard import reading
from ovh_sms.store.reservation_records import MonthlyBudget, WantedCredits
from ovh_sms.store.run_records import Poll
from unit.dashboard.conftest import make_dag
from unit.report.report_sample import SENT_AT, collect, small, start_run

if TYPE_CHECKING:
    from starlette.testclient import TestClient

DAG = "sms_campaign_trend"


def test_the_trend_leaves_out_a_run_that_is_not_final(
    web: TestClient, as_person: Callable[[str], dict[str, str]]
) -> None:
    make_dag(DAG)
    store = reading.store()
    record, (delivered, other) = small()
    failed = replace(other, delivery_status="failed", operator_code=23, delivered_at=None)
    for at, tag in enumerate(("e101", "e102")):
        sent_at = SENT_AT + timedelta(days=at)
        ours = replace(record, dag_id=DAG, run_id=f"run{at}", tag=tag, sent_at=sent_at, submitted=2, credits_spent=2.0)
        first = int(tag, 16) * 10
        messages = [replace(each, tag=tag, outgoing_id=first + each.outgoing_id) for each in (delivered, failed)]
        collect(store, ours, messages)
    counts = {"submitted": 10_000, "accepted": 10_000}
    under_way = replace(record, dag_id=DAG, run_id="run9", tag="e109", sent_at=SENT_AT, **counts)
    start_run(store, under_way)
    store.submissions.start(under_way)
    store.polls.add(Poll(tag="e109", at=SENT_AT, expected=10_000, listed=10, final=3, delivered=3))
    answer = web.get(f"/ovh-sms/campaign?dag_id={DAG}", headers=as_person("admin"))
    assert answer.status_code == 200, answer.text
    tiles = answer.text.split('<dl class="tiles">')[1].split("</dl>")[0]
    assert "<strong>50 %</strong>" in tiles or "<strong>50.0 %</strong>" in tiles
    assert "1 of 2" in tiles
    assert "100 %" not in tiles
    assert "latest final run, after 1 other" in tiles
    newest = answer.text.split('aria-labelledby="newest">')[1].split("</section>")[0]
    assert "Newest run" in newest
    assert f'href="run?dag_id={DAG}&amp;run_id=run9"' in newest
    assert "10 of 10,000 have gone out." in newest
    assert "It is not scheduled: the next run is started by hand." in answer.text
    assert '<th scope="row">Together</th>' in answer.text


def test_a_budget_for_a_month_is_shown_with_its_use(
    web: TestClient, as_person: Callable[[str], dict[str, str]]
) -> None:
    dag_id = "sms_campaign_month"
    make_dag(dag_id)
    store = reading.store()
    record = replace(small()[0], dag_id=dag_id, run_id="run1", tag="e201")
    start_run(store, record)
    address = f"/ovh-sms/campaign?dag_id={dag_id}"
    assert "Budget of" not in web.get(address, headers=as_person("admin")).text
    wanted = WantedCredits(
        list_tag="e2", dag_id=dag_id, run_id="run1", account="sms-1", batches={"b1": 1240.0}, lasts=timedelta(days=1)
    )
    known = store.reservations.read("sms-1")
    budget = MonthlyBudget(5_000, "Europe/Paris")
    assert store.reservations.reserve(wanted, known, credits_left=9_000, budget=budget).is_reserved
    page = web.get(address, headers=as_person("admin")).text
    assert ": 1,240 of 5,000 credits are used. 1,240 of them are reserved by runs under way." in page
