"""The reports inside the UI of Airflow, for those who may read the campaign's DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import group_by_run, store

if TYPE_CHECKING:
    from ovh_sms.store.models import SubmissionRecord

#: Campaigns on the first page; older ones are reached from their own run.
LATEST = 10
NOTHING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>SMS campaigns</title>
<body style="font-family:system-ui,sans-serif;margin:3rem;color-scheme:light dark">
<h1>SMS campaigns</h1><p>{text}</p></body></html>"""

# Airflow protects nothing of an app that a plugin mounts: every route of this one asks for the right itself.
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(requires_access_dag("GET"))])


@app.get("/", response_class=HTMLResponse)
def campaigns(user: GetUserDep, session: SessionDep) -> HTMLResponse:
    """Show the latest campaigns that the user may read."""
    readable = get_auth_manager().get_authorized_dag_ids(user=user, session=session)
    latest = store().submissions.latest(LATEST * 10, dag_ids=readable)
    return _page(latest, "No campaign has been reported on yet.")


@app.get("/report", response_class=HTMLResponse)
def report(dag_id: str, run_id: str) -> HTMLResponse:
    """Show the report of one run of one campaign; the right to read ``dag_id`` is checked before."""
    return _page(
        store().submissions.of_run(dag_id, run_id),
        "There is no report of this run. Either it has submitted nothing so far, or the DAG sms_campaign_report has "
        "not reported on it yet.",
    )


def _page(submissions: list[SubmissionRecord], nothing: str) -> HTMLResponse:
    from ovh_sms.report.figures import of_run
    from ovh_sms.report.html import render_html

    if not submissions:
        return HTMLResponse(NOTHING.format(text=nothing))
    found = [of_run(store(), batches) for batches in group_by_run(submissions, LATEST)]
    return HTMLResponse(render_html(found, title="SMS campaigns", made_at=store().clock.now()))
