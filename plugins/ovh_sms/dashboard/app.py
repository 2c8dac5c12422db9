"""The reports inside the UI of Airflow, for those who may read the campaign's DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import campaigns_of, figures_of, results

if TYPE_CHECKING:
    from ovh_sms.store.models import Submission

#: Campaigns on the first page; older ones are reached from their own run.
LATEST = 10
NOTHING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>SMS campaigns</title>
<body style="font-family:system-ui,sans-serif;margin:3rem;color-scheme:light dark">
<h1>SMS campaigns</h1><p>{text}</p></body></html>"""

# Airflow protects nothing of an app that a plugin mounts: every route of this one asks for the right itself.
app = FastAPI(
    docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(requires_access_dag("GET"))]
)


@app.get("/", response_class=HTMLResponse)
def campaigns(user: GetUserDep, session: SessionDep) -> HTMLResponse:
    """Show the latest campaigns that the user may read."""
    readable = get_auth_manager().get_authorized_dag_ids(user=user, session=session)
    latest = results().campaigns(LATEST * 10, dag_ids=readable)
    return _page(latest, "No campaign has been reported on yet.")


@app.get("/report", response_class=HTMLResponse)
def report(dag_id: str, run_id: str) -> HTMLResponse:
    """Show the report of one run of one campaign; the right to read ``dag_id`` is checked before."""
    return _page(
        results().submissions_of_run(dag_id, run_id),
        "There is no report of this run: nothing was sent by it so far, or what was sent has not been reported on "
        "yet, see the DAG sms_campaign_report.",
    )


def _page(runs: list[Submission], nothing: str) -> HTMLResponse:
    from ovh_sms.report.html import render_html

    if not runs:
        return HTMLResponse(NOTHING.format(text=nothing))
    found = [figures_of(sendings) for sendings in campaigns_of(runs, LATEST)]
    return HTMLResponse(render_html(found, title="SMS campaigns"))
