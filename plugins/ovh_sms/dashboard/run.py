"""One run of one campaign."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import batches_of, store
from ovh_sms.dashboard.rights import ReadableRun
from ovh_sms.dashboard.view import ZONE, ViewDep
from ovh_sms.report.figures import of_run
from ovh_sms.report.page import run_view

router = APIRouter()


@router.get("/run", response_class=HTMLResponse)
def run(run: ReadableRun, view: ViewDep) -> HTMLResponse:
    """Show what became of one run."""
    batches = batches_of(run.dag_id, run.run_id)
    if not batches:
        return view.page("no_run.html.j2", run=run, campaign=run.dag_id)
    figures = of_run(store(), batches)
    return view.page("run.html.j2", run=run, campaign=run_view(figures, ZoneInfo(ZONE), view.say))
