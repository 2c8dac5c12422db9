"""The pages inside the UI of Airflow: campaigns, runs, messages, receivers, replies, credits."""

from __future__ import annotations

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import PlainTextResponse, Response

from ovh_sms.dashboard import (
    accounts,
    assets,
    campaign,
    campaigns,
    conversation,
    inbox,
    messages,
    outbox,
    overview,
    preview,
    receiver,
    rejects,
    resend,
    run,
    usage,
    users,
)
from ovh_sms.dashboard.headers import SecurityHeaders
from ovh_sms.dashboard.rights import MAY_READ_DAGS
from ovh_sms.errors import OvhSmsError


def _has_no_nul(request: Request) -> None:
    """Refuse an address with a NUL: no name has one, and PostgreSQL takes none."""
    if b"%00" in request.scope["query_string"]:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Bad request")


# Airflow protects nothing of an app that a plugin mounts: every route of this one asks for the right itself.
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(_has_no_nul), MAY_READ_DAGS])
pages_of_runs = (run, preview, messages, rejects, resend, receiver)
for module in (overview, campaigns, campaign, *pages_of_runs, inbox, conversation, accounts, usage, assets):
    app.include_router(module.router)
app.include_router(outbox.router)
app.include_router(users.router)


def _say_what_happened(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=503)


app.add_exception_handler(OvhSmsError, _say_what_happened)
#: What Airflow mounts: the headers are on refusals and failures too.
pages = SecurityHeaders(app)
