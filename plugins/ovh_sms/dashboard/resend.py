"""Resend the messages of a run that failed for a temporary reason: the count and the cost first, then a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.campaign.dag_ids import campaign_dag_id
from ovh_sms.dashboard.reading import started, store
from ovh_sms.dashboard.rights import RightsDep, RunOfForm, StartableRun, form_token
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.resend_run import start_resend
from ovh_sms.messaging.delivery_status import DeliveryStatus, is_temporary
from ovh_sms.sending.resend import offer_of

if TYPE_CHECKING:
    from ovh_sms.dashboard.view import View
    from ovh_sms.report.models import Figures

router = APIRouter()


@router.get("/resend", response_class=HTMLResponse)
def ask(run: StartableRun, view: ViewDep) -> HTMLResponse:
    """Show how many messages a resend would send again, and the cost; sends nothing."""
    try:
        offer = offer_of(store(), run.dag_id, run.run_id)
    except ConfigurationError as error:
        return _page(view, run.dag_id, run.run_id, offer=None, refusal=str(error))
    return _page(view, run.dag_id, run.run_id, offer=offer, token=form_token(view.rights))


@router.post("/resend", response_class=HTMLResponse)
def resend(run: RunOfForm, view: ViewDep, rights: RightsDep) -> HTMLResponse:
    """Start the run that sends them again, or show the one that is under way."""
    try:
        made = start_resend(store(), offer_of(store(), run.dag_id, run.run_id), by=rights.user_name)
    except ConfigurationError as error:
        return _page(view, run.dag_id, run.run_id, status=409, offer=None, refusal=str(error))
    return _page(view, run.dag_id, run.run_id, offer=None, started=made)


def may_resend(figures: Figures, view: View) -> bool:
    """Return whether a run's page offers a resend: by its figures, as the messages themselves are many.

    The page of the resend counts them.
    """
    temporary = sum(each.messages for each in figures.statuses if is_temporary(each.code, DeliveryStatus(each.status)))
    made = sum(each.submitted for each in figures.resends if each.resend.source_run_id == figures.run_id)
    is_of_file = figures.dag_id == campaign_dag_id(figures.campaign)
    return temporary > made and is_of_file and not figures.purged_at and view.rights.may_start(figures.dag_id)


def _page(view: View, dag_id: str, run_id: str, *, status: int = 200, **content: object) -> HTMLResponse:
    record = started(dag_id, run_id)
    return view.page(
        "resend.html.j2",
        status=status,
        dag_id=dag_id,
        run_id=run_id,
        record=record,
        campaign=record.campaign if record else dag_id,
        **{"refusal": "", "started": None, "token": "", **content},
    )
