"""The list of runs: search, filters, order and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ovh_sms.dashboard.run_rows import FINAL, IN_PART, PAGE, WAITING, RunQuery, page_of, run_rows
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.report.report_sample import collect, small

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
RECORD, MESSAGES = small()


def test_a_run_is_one_row_with_the_sums_of_its_batches(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite", clock=FakeClock(NOW))
    three = replace(RECORD, batches=3, submitted=2, credits_spent=2.0)
    for at, tag in enumerate(("aaaa", "bbbb")):
        mine = [replace(each, tag=tag, outgoing_id=10 * at + each.outgoing_id) for each in MESSAGES]
        collect(store, replace(three, tag=tag), mine)
    (row,) = run_rows(store, [RECORD.dag_id])
    assert (row.state, row.recorded, row.batches, row.rows, row.submitted, row.credits_spent) == (
        IN_PART,
        2,
        3,
        4,
        4,
        4.0,
    )
    store.submissions.start(replace(three, tag="cccc"))
    (row,) = run_rows(store, [RECORD.dag_id])
    assert (row.state, row.recorded) == (WAITING, 3)
    collect(store, replace(three, tag="cccc"), [])
    assert [each.state for each in run_rows(store, [RECORD.dag_id])] == [FINAL]
    assert run_rows(store, ["another_dag"]) == []
    assert run_rows(store, [RECORD.dag_id], since=NOW + timedelta(seconds=1)) == []
    assert len(run_rows(store, [RECORD.dag_id], since=NOW)) == 1


def test_a_list_is_searched_filtered_ordered_and_cut_into_pages(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite", clock=FakeClock(NOW))
    for at in range(PAGE + 20):
        changes = {"campaign": f"c{at:03d}", "run_id": f"run{at}", "rows": at, "sender": "A" if at % 2 else "B"}
        recorded_at = NOW + timedelta(minutes=at)
        store.submissions.start(replace(RECORD, tag=f"tag{at}", recorded_at=recorded_at, **changes))
    rows = run_rows(store, [RECORD.dag_id])
    first = page_of(rows, RunQuery())
    assert (first.total, first.pages, len(first.rows), first.rows[0].campaign) == (70, 2, PAGE, "c069")
    assert [row.campaign for row in page_of(rows, RunQuery(page=2)).rows][-1] == "c000"
    assert page_of(rows, RunQuery(page=99)).page == 2
    assert page_of(rows, RunQuery(page=-1)).page == 1
    assert [row.campaign for row in page_of(rows, RunQuery(q=" C01 ", order="rows", ascending=True)).rows] == [
        f"c01{at}" for at in range(10)
    ]
    assert page_of(rows, RunQuery(sender="A")).total == 35
    assert page_of(rows, RunQuery(state=FINAL)).total == 0
    assert page_of(rows, RunQuery(order="no such order")).rows == first.rows
    assert first.senders == ["A", "B"]
