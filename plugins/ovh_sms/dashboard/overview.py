"""The first page: the latest runs."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.run_rows import STATES, run_rows
from ovh_sms.dashboard.view import ViewDep

router = APIRouter()
LATEST = 10


@router.get("/", response_class=HTMLResponse)
def overview(view: ViewDep) -> HTMLResponse:
    """Show the latest runs of campaigns that the person may read."""
    rows = run_rows(store(), view.rights.readable_dags())
    return view.page("overview.html.j2", rows=rows[:LATEST], states=STATES)
