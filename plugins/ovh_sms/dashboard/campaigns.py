"""The list of all runs of all campaigns: search, filters, order, pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.run_rows import PERIODS, RunQuery, page_of, run_rows
from ovh_sms.dashboard.view import ViewDep

router = APIRouter()


@router.get("/campaigns", response_class=HTMLResponse)
def campaigns(view: ViewDep, query: Annotated[RunQuery, Depends(RunQuery)]) -> HTMLResponse:
    """Show the runs of campaigns that the person may read."""
    rights, since = view.rights, query.since(store().clock.now())
    found = page_of(run_rows(store(), rights.session, view.say, rights.readable_dags(), since=since), query)
    return view.page("campaigns.html.j2", query=query, found=found, periods=PERIODS)
