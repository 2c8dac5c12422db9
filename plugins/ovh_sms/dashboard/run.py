"""One run of one campaign."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import batches_of, store
from ovh_sms.dashboard.rights import ReadableRun
from ovh_sms.dashboard.view import ZONE, ViewDep
from ovh_sms.report import page
from ovh_sms.report.figures import of_run

router = APIRouter()


@router.get("/run", response_class=HTMLResponse)
def run(run: ReadableRun, view: ViewDep) -> HTMLResponse:
    """Show what became of one run."""
    batches = batches_of(run.dag_id, run.run_id)
    if not batches:
        return view.page("no_run.html.j2", run=run, campaign=run.dag_id)
    content = page.campaign(of_run(store(), batches), ZoneInfo(ZONE))
    return view.page("run.html.j2", run=run, campaign=batches[0].campaign, content=content)
