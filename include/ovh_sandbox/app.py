"""The whole server as one ASGI application: API, control side, pre-signed files, OAuth2 tokens."""

import logging

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from . import control, control_callbacks, control_credits, control_replies, control_senders, errors, trouble
from .asgi import refused
from .due import catch_up
from .gate import Gate
from .routes import (
    account,
    catalogue,
    documents,
    identity,
    incoming,
    jobs,
    number_checks,
    orders,
    outgoing,
    ovh_batches,
    payments,
    receivers,
    senders,
    user_messages,
    user_receivers,
    users,
)
from .sandbox import Sandbox, require_account

log = logging.getLogger("ovh_sandbox")
VERSIONS = ("1.0", "v1")
# The fixed paths below /sms come before those with an account's name.
_MODULES = (
    *(identity, catalogue, account, senders, users, user_messages, user_receivers, receivers, jobs, ovh_batches),
    *(number_checks,),
    *(outgoing, incoming, documents, orders, payments),
)


def _api(sandbox: Sandbox) -> FastAPI:
    app = _plain(sandbox)
    for module in _MODULES:
        app.include_router(module.router, dependencies=[Depends(catch_up), Depends(require_account)])
    app.exception_handler(errors.Refusal)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_unknown)
    return app


def _plain(sandbox: Sandbox) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.sandbox = sandbox
    return app


async def _refused(_: Request, refusal: errors.Refusal) -> Response:
    return refused(refusal)


async def _invalid(_: Request, problem: RequestValidationError) -> Response:
    first = problem.errors()[0]
    name = str(first["loc"][-1]) if len(first["loc"]) > 1 else "body"
    if first["type"] == "json_invalid":
        # OVH takes a malformed body for a wrong signature.
        return refused(errors.Refusal(400, "Invalid signature", code="INVALID_SIGNATURE"))
    words = {"extra_forbidden": f"Received not described parameters: ({name})", "missing": f"Missing parameter: {name}"}
    return refused(errors.bad(words.get(first["type"], f"[{name}] Given data is not valid: {first['msg']}")))


async def _unknown(_: Request, problem: HTTPException) -> Response:
    return refused(errors.Refusal(problem.status_code, "Got an invalid (or empty) URL"))


def application(sandbox: Sandbox) -> ASGIApp:
    """Make the ASGI application of a sandbox."""
    gate = Gate(sandbox, _api(sandbox))
    side = _plain(sandbox)
    for module in (control, control_callbacks, control_credits, control_replies, control_senders):
        side.include_router(module.router, prefix="/_control", dependencies=[Depends(catch_up)])
    side.include_router(trouble.router, prefix="/_control")
    side.include_router(identity.tokens)
    side.include_router(documents.files)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        first = scope["path"].split("/", 2)
        if len(first) == 3 and first[1] in VERSIONS:
            await gate(scope, receive, send)
        else:
            await side(scope, receive, send)

    return serve
