"""Sent messages, singly, as a list and as an exported document."""

import sqlite3
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..clock import parse
from ..errors import bad
from ..sandbox import Box, Sandbox
from ..world import exports
from ..world.messages import OUTGOING, PTT, RECEIPT, message_uuid, outgoing_id, row_of_outgoing, row_of_uuid
from ..world.users import listing_of
from . import listing

router = APIRouter()
Since = Annotated[str | None, Query(alias="creationDatetime.from")]
Until = Annotated[str | None, Query(alias="creationDatetime.to")]


def moment(name: str, text: str | None) -> float | None:
    """Read a filter's date (seconds since 1970)."""
    try:
        return None if text is None else parse(text)
    except ValueError:
        raise bad(f"[{name}] Given data ({text}) is not a valid date-time") from None


def shown(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.Outgoing."""
    return {
        **listing.common(box, row),
        "batchID": row["ovh_batch"],
        "id": outgoing_id(row["id"]),
        "messageID": message_uuid(row["id"]),
        "tag": row["tag"],
        "tariffCode": "standard",
    }


@router.get("/sms/{serviceName}/outgoing")
def outgoing(
    box: Box,
    request: Request,
    serviceName: str,
    batchID: UUID | None = None,
    since: Since = None,
    until: Until = None,
    deliveryReceipt: int | None = None,
    differedDelivery: int | None = None,
    messageID: UUID | None = None,
    ptt: int | None = None,
    receiver: str | None = None,
    sender: str | None = None,
    tag: str | None = None,
) -> Response:
    filters = {
        "s.created >= :since": moment("creationDatetime.from", since),
        "s.created <= :until": moment("creationDatetime.to", until),
        f"{RECEIPT} = :receipt": deliveryReceipt,
        "s.delay = :delay": differedDelivery,
        "m.id = :message": None if messageID is None else row_of_uuid(str(messageID)),
        f"{PTT} = :ptt": ptt,
        "m.receiver = :receiver": receiver,
        "s.sender = :sender": sender,
        "s.tag = :tag": tag,
        "s.id = (SELECT b.job FROM ovh_batches b WHERE b.id = :batch)": None if batchID is None else str(batchID),
    }
    return listed(box, request, serviceName, filters)


def listed(
    box: Sandbox, request: Request, account: str, filters: dict[str, Any], *, login: str | None = None
) -> Response:
    """List the sent messages of an account, or of its user.

    :param filters: values by their SQL condition; those that are None are not used.
    """
    used = {condition: value for condition, value in filters.items() if value is not None}
    values = {condition.rpartition(":")[2].rstrip(")"): value for condition, value in used.items()}
    where = " AND ".join(["s.account = :account", OUTGOING, listing_of(box, login), *used])
    values |= {"account": account, "now": box.now, "login": login}
    selection = listing.Selection(where, values, outgoing_id, shown)
    return listing.answer(box, request.headers, selection)


def find(box: Sandbox, account: str, number: int, *, login: str | None = None) -> sqlite3.Row:
    """Find a sent message; refused with 404 if there is none."""
    return listing.one(box, account, row_of_outgoing(number), OUTGOING, f"The outgoing sms {number}", login=login)


def remove(box: Sandbox, account: str, number: int, *, login: str | None = None) -> None:
    """Take a sent message out of the history; it was sent all the same."""
    with box.state.write() as db:
        db.execute("UPDATE messages SET hidden = 1 WHERE id = ?", (find(box, account, number, login=login)["id"],))


@router.get("/sms/{serviceName}/outgoing/{id}")
def one(box: Box, serviceName: str, id: int) -> dict[str, Any]:  # noqa: A002
    return shown(box, find(box, serviceName, id))


@router.delete("/sms/{serviceName}/outgoing/{id}")
def delete(box: Box, serviceName: str, id: int) -> None:  # noqa: A002
    remove(box, serviceName, id)


@router.get("/sms/{serviceName}/document")
def export(
    box: Box,
    serviceName: str,
    wayType: Literal["incoming", "outgoing"],
    batchID: UUID | None = None,
    since: Since = None,
    until: Until = None,
    tag: str | None = None,
) -> Any:
    """Begin an export; the document of that id is empty until it is ready."""
    wanted = {
        "account": serviceName,
        "way": wayType,
        "tag": tag,
        "batch": None if batchID is None else str(batchID),
        "since": moment("creationDatetime.from", since),
        "until": moment("creationDatetime.to", until),
    }
    return started(box, wanted)


def started(box: Sandbox, wanted: dict[str, Any]) -> Any:
    """Begin an export and show the id of its document."""
    document = exports.start(box, wanted)
    return document if box.features["document_shape"] == "string" else {"docId": document}
