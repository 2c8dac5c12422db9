"""One campaign: all its runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.airflow_runs import next_runs
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import ReadableDag
from ovh_sms.dashboard.run_rows import RunQuery, page_of, run_rows
from ovh_sms.dashboard.run_totals import list_totals
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.report.month_budget import month_budget
from ovh_sms.report.run_state import RunState, RunStatus

router = APIRouter()
#: Runs of the trend at most.
TREND_RUNS = 30


@router.get("/campaign", response_class=HTMLResponse)
def campaign(dag_id: ReadableDag, view: ViewDep, query: Annotated[RunQuery, Depends(RunQuery)]) -> HTMLResponse:
    """Show the runs of the campaign of one DAG, the newest one in words, and when the next one comes."""
    rows = run_rows(store(), view.rights.session, view.say, [dag_id])
    month = store().reservations.month(dag_id, rows[0].record.timezone) if rows else None
    name = rows[0].record.campaign if rows else dag_id
    final = [row.status for row in rows if _is_final(row.status)][:TREND_RUNS]
    return view.page(
        "campaign.html.j2",
        dag_id=dag_id,
        name=name,
        budget=month and month_budget(month, view.say),
        query=query,
        found=page_of(rows, query),
        newest=rows[0] if rows else None,
        planned=next_runs(view.rights.session, [dag_id], store().clock.now())[:1],
        totals=list_totals(rows, store()),
        trend=[(each.sent_at, each) for each in reversed(final)],
    )


def _is_final(status: RunStatus) -> bool:
    """Whether the rates of a run can be compared: every message is final, and its STOPs are collected."""
    collected = all(each.results.collected_at is not None for each in status.batches)
    return status.state is RunState.FINAL and status.sent > 0 and collected
