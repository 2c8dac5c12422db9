"""The list of all runs of all campaigns: search, filters, order, pages."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.run_rows import PERIODS, RunQuery, page_of, run_rows
from ovh_sms.dashboard.run_totals import list_totals
from ovh_sms.dashboard.view import ZONE, ViewDep

router = APIRouter()


@router.get("/campaigns", response_class=HTMLResponse)
def campaigns(view: ViewDep, query: Annotated[RunQuery, Depends(RunQuery)]) -> HTMLResponse:
    """Show the runs of campaigns that the person may read."""
    rights, (since, until) = view.rights, query.times(store().clock.now(), ZoneInfo(ZONE))
    rows = run_rows(store(), rights.session, view.say, rights.readable_dags(), since=since, until=until)
    found = page_of(rows, query)
    totals = list_totals(found.found, store())
    return view.page("campaigns.html.j2", query=query, found=found, totals=totals, periods=PERIODS)
