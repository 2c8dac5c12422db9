"""Messages as lists of ids or, with the pagination headers, as pages of objects, all by SQL."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from .. import pages
from ..clock import iso, iso_or_none
from ..errors import bad
from ..sandbox import Sandbox
from ..world.messages import FROM, PTT, RECEIPT
from ..world.parts import STOP_CLAUSE
from ..world.users import listing_of

ROW = (
    "m.*, s.created, s.delay, s.sender, s.tag, coalesce(m.message, s.message) AS text,"
    " (SELECT b.id FROM ovh_batches b WHERE b.job = s.id) AS ovh_batch,"
    f" {RECEIPT} AS receipt, {PTT} AS shown_ptt"
)
FIELDS = {
    "id": "m.id",
    "creationDatetime": "s.created",
    "credits": "m.credits",
    "deliveryReceipt": RECEIPT,
    "differedDelivery": "s.delay",
    "messageLength": "m.length",
    "numberOfSms": "m.parts",
    "ptt": PTT,
    "receiver": "m.receiver",
    "sender": "s.sender",
    "sentAt": "m.sent_at",
    "tag": "s.tag",
}
_SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "like": "LIKE"}


@dataclass(frozen=True)
class Shape:
    """The tables, columns and fields of a kind of object, as SQL.

    :param columns: those of a row; ``source`` names the tables, ``key`` is the object's own column.
    :param fields: OVH's names, with their SQL; ``dates`` and ``texts`` are those that are not numbers.
    """

    columns: str
    source: str
    key: str
    fields: Mapping[str, str]
    dates: tuple[str, ...]
    texts: tuple[str, ...]


MESSAGES = Shape(
    columns=ROW,
    source=FROM.removeprefix("FROM "),
    key="m.id",
    fields=FIELDS,
    dates=("creationDatetime", "sentAt"),
    texts=("receiver", "sender", "tag"),
)


@dataclass(frozen=True)
class Selection:
    """The objects of a list, as SQL over their shape, and how to show one of them."""

    where: str
    values: Mapping[str, Any]
    number: Callable[[int], int]
    show: Callable[[Sandbox, sqlite3.Row], dict[str, Any]]
    shape: Shape = MESSAGES


def answer(box: Sandbox, headers: Mapping[str, str], selection: Selection) -> Response:
    """Make the list, or the page of it that the headers ask for."""
    wanted = pages.asked(headers, box.features)
    shape = selection.shape
    if wanted is None:
        sql = f"SELECT {shape.key} FROM {shape.source} WHERE {selection.where} ORDER BY {shape.key}"
        found = box.state.db.execute(sql, dict(selection.values))
        ids = ",".join(str(selection.number(row[0])) for row in found)
        return Response(f"[{ids}]", media_type="application/json")
    where, values = selection.where, dict(selection.values)
    for place, one in enumerate(wanted.filters):
        if one.field not in shape.fields or one.field in ("id", *shape.dates):
            raise bad(f"X-Pagination-Filter: {one.field} cannot be filtered")
        where += f" AND {shape.fields[one.field]} {_SIGNS[one.operator]} :filter{place}"
        values[f"filter{place}"] = one.value if one.field in shape.texts else pages.as_number(one.value)
    if (wanted.sort or "id") not in shape.fields:
        raise bad(f"X-Pagination-Sort: {wanted.sort} is no field of this list")
    order = f"{shape.fields[wanted.sort or 'id']} {'DESC' if wanted.descending else 'ASC'}, {shape.key}"
    total = box.state.row(f"SELECT count(*) AS n FROM {shape.source} WHERE {where}", **values)
    rows = box.state.rows(
        f"SELECT {shape.columns} FROM {shape.source} WHERE {where} ORDER BY {order} LIMIT :size OFFSET :skip",
        **values,
        size=wanted.size,
        skip=(wanted.number - 1) * wanted.size,
    )
    shown = json.dumps([selection.show(box, row) for row in rows], ensure_ascii=False)
    elements = total["n"] if total else 0
    return Response(shown, media_type="application/json", headers=wanted.headers(elements))


def one(box: Sandbox, account: str, row: int, where: str, title: str, *, login: str | None) -> sqlite3.Row:
    """Find one message of an account, or of its user, that fulfils some SQL; refused with 404 if there is none."""
    sql = (
        f"SELECT {ROW} FROM messages m JOIN jobs s ON s.id = m.job"
        f" WHERE m.id = :row AND s.account = :account AND {where} AND {listing_of(box, login)}"
    )
    return box.find(title, sql, row=row, account=account, now=box.now, login=login)


def common(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show the fields that a pending job and a sent message have in common."""
    clause = STOP_CLAUSE if row["stop_clause"] and box.features["stop_in_message"] else ""
    sent = row["sent_at"] <= box.now
    return {
        "creationDatetime": iso(row["created"]),
        "credits": 0 if row["receipt"] == 16 else row["credits"],
        "deliveredAt": iso_or_none(row["final_at"] if row["receipt"] == 1 else None),
        "deliveryReceipt": row["receipt"],
        "differedDelivery": row["delay"],
        "message": row["text"] + clause,
        "messageLength": row["length"],
        "numberOfSms": row["parts"],
        "ptt": row["shown_ptt"],
        "receiver": row["receiver"],
        "sender": row["sender"],
        "sentAt": iso_or_none(row["sent_at"] if sent else None),
    }
