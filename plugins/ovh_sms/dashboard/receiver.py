"""The messages of one number: searched by a form, so that no number stands in an address; every search is recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.message_filters import STATUSES
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import CheckedForm, ReceiverSearch, form_token
from ovh_sms.dashboard.view import View, ViewDep
from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

router = APIRouter()
#: A phone number in any written form is shorter.
_LONGEST = 60
#: Messages shown of one number.
_MOST = 200


@router.get("/receiver", response_class=HTMLResponse)
def form(rights: ReceiverSearch, view: ViewDep) -> HTMLResponse:
    """Show the form."""
    return _page(view, number=None, wrong=False)


@router.post("/receiver", response_class=HTMLResponse)
def search(rights: CheckedForm, view: ViewDep, number: Annotated[str, Form()] = "") -> HTMLResponse:
    """Show what a number got from the campaigns whose numbers the person may see."""
    text = number if len(number) <= _LONGEST else ""
    e164 = normalise(text, region="FR", allow_fiction=True, also_accept=EVERY_TYPE).e164
    if e164 is None:
        return _page(view, number=None, wrong=True)
    # Recorded before anything is shown, also if nothing is found.
    audit = store().audit
    audit.record("search", rights.user_name, "receiver searched on the dashboard", audit.digest_of(e164))
    return _page(view, number=e164, wrong=False)


def _page(view: View, *, number: str | None, wrong: bool) -> HTMLResponse:
    found = store().message_pages.of_receiver(number, view.rights.editable_dags(), limit=_MOST + 1) if number else []
    return view.page(
        "receiver.html.j2",
        token=form_token(view.rights),
        number=number,
        wrong=wrong,
        found=found[:_MOST],
        missing=store().submissions.not_collected(view.rights.editable_dags()) if number else [],
        more=len(found) > _MOST,
        most=_MOST,
        cause_of=lambda message: cause(message.operator_code, DeliveryStatus(message.delivery_status)),
        status_names={status.value: name for status, name in STATUSES.items()},
    )
