"""The list of runs: search, filters, order and pages; Airflow's own runs and DAGs beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.dashboard.airflow_runs import ended_runs, invalid_campaigns, next_runs
from ovh_sms.dashboard.run_rows import PAGE, RunQuery, page_of, run_rows
from ovh_sms.report.counting import compute
from ovh_sms.report.language import translator
from ovh_sms.store.run_records import BatchRecord, RunRecord
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.dashboard.conftest import make_dag
from unit.report.report_sample import small, start_run

if TYPE_CHECKING:
    from starlette.testclient import TestClient

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAG, SAY = "sms_campaign_rows", translator("en")


@pytest.fixture
def session(web: TestClient) -> Iterator[Any]:
    from airflow.utils.session import create_session

    with create_session() as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path / "results.sqlite", clock=FakeClock(NOW))
    yield made
    made.close()


def record(number: int, **changes: Any) -> RunRecord:
    given = {
        "list_tag": f"list{number}",
        "dag_id": DAG,
        "run_id": f"run{number}",
        "campaign": f"c{number:03d}",
        "account": "sms-aa1-1",
        "sender": "A" if number % 2 else "B",
        "started_at": NOW + timedelta(minutes=number),
    }
    return RunRecord(**{**given, **changes})


def start(store: Store, number: int, receivers: int = 3, **changes: Any) -> RunRecord:
    it = record(number, rows=receivers, accepted=receivers, batches=1, folder="/f", digest=f"d{number}", **changes)
    store.runs.start(it)
    batch = BatchRecord(list_tag=it.list_tag, batch=1, receivers=receivers, credits=3.0)
    store.runs.prepared(it, [batch])
    return it


def test_a_list_is_searched_filtered_ordered_and_cut_into_pages(store: Store, session: Any) -> None:
    for at in range(PAGE + 20):
        start(store, at, receivers=at)
    rows = run_rows(store, session, SAY, [DAG])
    first = page_of(rows, RunQuery())
    assert (first.total, first.pages, len(first.rows), first.rows[0].record.campaign) == (70, 2, PAGE, "c069")
    assert [row.record.campaign for row in page_of(rows, RunQuery(page=2)).rows][-1] == "c000"
    assert page_of(rows, RunQuery(page=99)).page == 2
    assert page_of(rows, RunQuery(page=-1)).page == 1
    ordered = page_of(rows, RunQuery(q=" C01 ", order="people", ascending=True)).rows
    assert [row.record.campaign for row in ordered] == [f"c01{at}" for at in range(10)]
    assert page_of(rows, RunQuery(sender="A")).total == 35
    assert page_of(rows, RunQuery(state="final")).total == 0
    assert page_of(rows, RunQuery(state="preparing")).total == 70
    assert page_of(rows, RunQuery(order="no such order")).rows == first.rows
    assert (first.senders, first.accounts) == (["A", "B"], ["sms-aa1-1"])


def test_a_list_shows_the_dags_and_the_time_that_are_asked_for(store: Store, session: Any) -> None:
    start(store, 1)
    start(store, 2, dag_id="another_dag")
    assert [row.record.dag_id for row in run_rows(store, session, SAY, [DAG])] == [DAG]
    assert run_rows(store, session, SAY, []) == []
    assert run_rows(store, session, SAY, [DAG], since=NOW + timedelta(minutes=2)) == []
    assert len(run_rows(store, session, SAY, [DAG], since=NOW + timedelta(minutes=1))) == 1


def test_a_day_is_that_of_paris(store: Store, session: Any) -> None:
    midnight = datetime(2026, 11, 19, 23, tzinfo=UTC)  # in Paris
    for number, began in enumerate((midnight, midnight - timedelta(seconds=1), midnight - timedelta(hours=25))):
        start(store, number, started_at=began)

    def of_day(period: str) -> list[str]:
        since, until = RunQuery(period=period).times(NOW, ZoneInfo("Europe/Paris"))
        return [row.record.run_id for row in run_rows(store, session, SAY, [DAG], since=since, until=until)]

    assert (of_day("today"), of_day("yesterday"), of_day("all")) == (["run0"], ["run1"], ["run0", "run1", "run2"])


def test_the_totals_of_a_list_have_their_wholes_and_the_money_that_is_known(store: Store, session: Any) -> None:
    from ovh_sms.dashboard.run_totals import list_totals

    sample, messages = small()
    for at, price in enumerate((0.05, None, 0.04)):
        submission = replace(
            sample,
            dag_id=DAG,
            run_id=f"run{at}",
            tag=f"e0{at}",
            sent_at=NOW,
            submitted=2,
            accepted=2,
            credits_spent=3.0,
            credits_estimated=4.0,
        )
        start_run(store, submission)
        store.submissions.start(submission)
        own = [replace(each, tag=submission.tag, outgoing_id=10 * at + each.outgoing_id) for each in messages]
        store.messages.save(submission.tag, own)
        known = replace(compute(store, submission.tag), credit_price=price, currency="EUR" if price else "")
        store.submissions.finish(submission.tag, known, complete=True)
    totals = list_totals(page_of(run_rows(store, session, SAY, [DAG]), RunQuery()).found, store)
    assert (totals.sent, totals.receivers, totals.delivered) == (6, 6, 6)
    assert (totals.credits_spent, totals.credits_estimated) == (9.0, 12.0)
    assert (totals.money_shown("en"), totals.priced, totals.batches) == ("0.2700 EUR", 2, 3)


def test_a_run_that_airflow_has_ended_is_not_under_way(store: Store, session: Any) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    make_dag(DAG)
    for number, state in ((1, "failed"), (2, "running")):
        run = DagRun(
            dag_id=DAG,
            run_id=f"run{number}",
            run_type=DagRunType.MANUAL,
            run_after=NOW,
            triggered_by=DagRunTriggeredByType.TEST,
            state=state,
        )
        session.add(run)
        start(store, number)
    session.flush()
    states = {row.record.run_id: row.state for row in run_rows(store, session, SAY, [DAG])}
    session.rollback()
    assert states == {"run1": "blocked", "run2": "preparing"}


def test_a_run_that_airflow_has_forgotten_ends_after_a_week(session: Any) -> None:
    forgotten = record(9, run_id="deleted")
    assert ended_runs(session, [forgotten], NOW + timedelta(days=1)) == set()
    assert ended_runs(session, [forgotten], NOW + timedelta(days=8)) == {(DAG, "deleted")}


def test_next_runs_are_those_of_campaigns_that_are_not_paused(session: Any) -> None:
    from airflow.models.dag import DagModel

    for name, paused, hours in (("b", False, 2), ("a", False, 1), ("c", True, 1), ("d", False, -1)):
        make_dag(f"sms_campaign_next_{name}")
        dag = session.get(DagModel, f"sms_campaign_next_{name}")
        dag.is_paused, dag.next_dagrun_create_after, dag.is_stale = paused, NOW + timedelta(hours=hours), False
    session.flush()
    allowed = {f"sms_campaign_next_{name}" for name in "abcd"}
    found = next_runs(session, allowed, NOW)
    assert next_runs(session, set(), NOW) == []
    session.rollback()
    assert [each.dag_id[-1] for each in found] == ["a", "b"]


def test_an_invalid_campaign_file_is_shown_with_its_error(session: Any) -> None:
    from airflow.models.dag import DagModel

    make_dag("sms_broken_weekly")
    dag = session.get(DagModel, "sms_broken_weekly")
    dag.description, dag.is_stale = "BROKEN: line 7: unknown field", False
    session.flush()
    (found,) = invalid_campaigns(session, {"sms_broken_weekly"})
    hidden = invalid_campaigns(session, {"another"})
    session.rollback()
    assert (found.name, found.error, hidden) == ("weekly", "line 7: unknown field", [])
