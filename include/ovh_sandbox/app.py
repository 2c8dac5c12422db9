"""The whole server as one ASGI application: API, control side, pre-signed files, OAuth2 tokens."""

from __future__ import annotations

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from . import control, errors, trouble
from .asgi import refused
from .gate import Gate
from .routes import account, catalogue, documents, identity, jobs, orders, outgoing, receivers
from .sandbox import Sandbox

log = logging.getLogger("ovh_sandbox")
VERSIONS = ("1.0", "v1")


def _api(sandbox: Sandbox) -> FastAPI:
    app = _plain(sandbox)
    # The fixed paths below /sms come before those with an account's name.
    for module in (identity, catalogue, account, receivers, jobs, outgoing, documents, orders):
        app.include_router(module.router)
    app.add_exception_handler(errors.Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)
    return app


def _plain(sandbox: Sandbox) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.sandbox = sandbox
    return app


async def _refused(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, errors.Refusal)  # noqa: S101
    return refused(problem)


async def _invalid(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)  # noqa: S101
    first = problem.errors()[0]
    name = str(first["loc"][-1]) if len(first["loc"]) > 1 else "body"
    if first["type"] == "json_invalid":
        # OVH takes a malformed body for a wrong signature.
        refusal = errors.Refusal(400, "Invalid signature", code="INVALID_SIGNATURE")
    elif first["type"] == "extra_forbidden":
        refusal = errors.bad(f"Received not described parameters: ({name})")
    elif first["type"] == "missing":
        refusal = errors.bad(f"Missing parameter: {name}")
    else:
        refusal = errors.bad(f"[{name}] Given data is not valid: {first['msg']}")
    return refused(refusal)


async def _unknown(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101
    refusal = errors.Refusal(problem.status_code, "Got an invalid (or empty) URL")
    return refused(refusal)


def application(sandbox: Sandbox) -> ASGIApp:
    """Everything the server answers.

    :param sandbox: the world behind it.
    """
    gate = Gate(sandbox, _api(sandbox))
    side = _plain(sandbox)
    side.include_router(control.router, prefix="/_control")
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
