"""Time, the credential in use, and OAuth2 tokens."""

import base64
import json
from typing import Any, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from ..auth import ask_key, issue_token, validate_key
from ..clock import iso, iso_or_none
from ..models import Body
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


class AccessRule(Body):
    """A method and a path that a key shall allow."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str


class AskedKey(Body):
    """The rules that an application asks for; where a person is led afterwards, and from which addresses it calls."""

    accessRules: list[AccessRule]
    redirection: str | None = None
    allowedIPs: list[str] | None = None


@router.post("/auth/credential")
def ask_credential(box: Box, request: Request, asked: AskedKey) -> dict[str, Any]:
    """A consumer key with these rules; it is valid once a person has opened the address."""
    rules = [each.model_dump() for each in asked.accessRules]
    consumer, token = ask_key(box.state, request.headers["x-ovh-application"], rules)
    url = f"{request.url.scheme}://{request.headers['host']}/auth/?credentialToken={token}"
    return {"consumerKey": consumer, "state": "pendingValidation", "validationUrl": url}


@tokens.get("/auth/")
def validate(box: Box, credentialToken: str = "") -> Response:
    """The page at which a person logs in and validates a key; here it is validated by opening it."""
    if not validate_key(box.state, credentialToken):
        return PlainTextResponse("There is no such key, or it is valid already.\n", 404)
    return PlainTextResponse("The consumer key is valid now.\n")


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
    seconds = float(box.features["token_seconds"])
    issued = issue_token(box.state, client_id, client_secret, seconds=seconds)
    if issued is None:
        return JSONResponse({"error": "invalid_client"}, 401)
    return JSONResponse(
        {"access_token": issued, "token_type": "Bearer", "expires_in": int(seconds) - 1, "scope": "all"}
    )
