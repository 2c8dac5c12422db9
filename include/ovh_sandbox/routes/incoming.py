"""Inbound messages: the replies that OVH lists, singly, as ids and as pages of objects."""

import sqlite3
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..clock import iso, whole
from ..errors import Refusal
from ..sandbox import Box, Sandbox
from . import listing
from .outgoing import Since, Until, moment

router = APIRouter()
REPLIES = listing.Shape(
    columns="r.*",
    source="replies r",
    key="r.incoming",
    fields={
        "id": "r.incoming",
        "creationDatetime": "r.at",
        "credits": "r.credits",
        "message": "r.text",
        "sender": "r.number",
        "tag": "r.tag",
    },
    dates=("creationDatetime",),
    texts=("message", "sender", "tag"),
)
_LISTED = (
    "r.account = :account AND r.arrived = 1 AND r.to_clause = 0 AND r.hidden IS NULL"
    " AND (r.shown IS NULL OR r.shown <= machine())"
)


_JOB = "(SELECT u.login FROM messages m JOIN user_jobs u ON u.job = m.job WHERE m.id = r.message)"


def _listed(box: Sandbox, login: str | None) -> str:
    where = _LISTED if box.features["stop_in_incoming"] else f"{_LISTED} AND r.stop = 0"
    if login is not None:
        return f"{where} AND {_JOB} = :login"
    return f"{where} AND {_JOB} IS NULL" if box.features["user_messages"] == "user" else where


def shown(_: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.Incoming."""
    return {
        "creationDatetime": iso(row["at"]),
        "credits": whole(row["credits"]),
        "id": row["incoming"],
        "message": row["text"],
        "sender": row["number"],
        "tag": row["tag"],
    }


@router.get("/sms/{serviceName}/incoming")
def incoming(
    box: Box,
    request: Request,
    serviceName: str,
    since: Since = None,
    until: Until = None,
    sender: str | None = None,
    tag: str | None = None,
) -> Response:
    filters = {
        "r.at >= :since": moment("creationDatetime.from", since),
        "r.at <= :until": moment("creationDatetime.to", until),
        "r.number = :sender": sender,
        "r.tag = :tag": tag,
    }
    return listed(box, request, serviceName, filters)


def listed(
    box: Sandbox, request: Request, account: str, filters: dict[str, Any], *, login: str | None = None
) -> Response:
    """List the replies to an account's messages, or to its user's; filters that are None are not used."""
    used = {condition: value for condition, value in filters.items() if value is not None}
    values = {condition.rpartition(":")[2]: value for condition, value in used.items()}
    where = " AND ".join([_listed(box, login), *used])
    selection = listing.Selection(where, {**values, "account": account, "login": login}, int, shown, REPLIES)
    return listing.answer(box, request.headers, selection)


def _find(box: Sandbox, account: str, number: int, login: str | None) -> sqlite3.Row:
    sql = f"SELECT r.* FROM replies r WHERE {_listed(box, login)} AND r.incoming = :number"
    return box.find(f"The incoming sms {number}", sql, account=account, number=number, login=login)


@router.get("/sms/{serviceName}/incoming/{id}")
def one(box: Box, serviceName: str, id: int) -> dict[str, Any]:  # noqa: A002
    return reply(box, serviceName, id)


def reply(box: Sandbox, account: str, number: int, *, login: str | None = None) -> dict[str, Any]:
    """Show a reply, broken as the feature ``broken_replies`` says."""
    found = shown(box, _find(box, account, number, login))
    broken = box.features["broken_replies"].get(str(number))
    if broken == "error":
        raise Refusal(500, "Internal server error")
    return found | {"creationDatetime": 0, "sender": {}} if broken else found


@router.delete("/sms/{serviceName}/incoming/{id}")
def delete(box: Box, serviceName: str, id: int) -> None:  # noqa: A002
    remove(box, serviceName, id)


def remove(box: Sandbox, account: str, number: int, *, login: str | None = None) -> None:
    """Take a reply out of the history; a STOP counts all the same."""
    with box.state.write() as db:
        found = _find(box, account, number, login)
        db.execute("UPDATE replies SET hidden = 1 WHERE id = ?", (found["id"],))
