"""Time, the credential in use, and OAuth2 tokens."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ..auth import TOKEN_SECONDS, issue_token
from ..clock import iso, iso_or_none
from ..sandbox import Box

router = APIRouter()
tokens = APIRouter()


@router.get("/auth/time")
async def server_time(box: Box) -> int:
    """The real moment by the server's clock; signatures are checked against it."""
    return int(box.clock.server_time())


@router.get("/auth/currentCredential")
def current_credential(box: Box, request: Request) -> dict[str, Any]:
    key = box.state.row("SELECT * FROM credentials WHERE consumer = ?", request.headers["x-ovh-consumer"])
    assert key is not None  # noqa: S101
    wrong = box.clock.offset
    return {
        "allowedIPs": None,
        "applicationId": 4210001,
        "creation": iso(key["created"] + wrong),
        "credentialId": 730000000 + key["id"],
        "expiration": iso_or_none(None if key["expires"] is None else key["expires"] + wrong),
        "lastUse": iso(box.clock.server_time()),
        "ovhSupport": False,
        "rules": json.loads(key["rules"]),
        "status": "validated",
    }


@tokens.post("/auth/oauth2/token")
async def token(box: Box, request: Request) -> Response:
    """A bearer token for OAuth2 client credentials, sent in the form or by basic authentication."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client_id, _, client_secret = base64.b64decode(encoded).decode().partition(":")
    if form.get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type"}, 400)
    issued = issue_token(box.state, client_id, client_secret)
    if issued is None:
        return JSONResponse({"error": "invalid_client"}, 401)
    return JSONResponse(
        {"access_token": issued, "token_type": "Bearer", "expires_in": TOKEN_SECONDS - 1, "scope": "all"}
    )
