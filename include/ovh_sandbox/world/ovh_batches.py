"""OVH batches: a named object that its messages belong to, which can be cancelled as a whole before any has left."""

import json
import math
import sqlite3
import zlib
from collections.abc import Callable
from typing import Any

from ..clock import iso, iso_or_none, whole
from ..errors import Refusal
from ..sandbox import Sandbox
from .messages import RECEIPT
from .sending import Report

# Simulated seconds from one status to the next one, while a batch is processed and while it is cancelled.
STEP_SECONDS = 1
# A batch that OVH lists late is hidden by the machine's clock, as its messages are.
_LISTED = (
    "b.hidden IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM lists l WHERE l.job = b.job AND l.listed IS NOT NULL AND l.listed > machine())"
)
_ROW = "b.*, s.tag, s.first, s.last, s.last_sent, s.credits AS cost"
_FROM = "FROM ovh_batches b LEFT JOIN jobs s ON s.id = b.job"

_COUNTS = f"""
SELECT total(m.sent_at > :now) AS pending, total(({RECEIPT}) IN (4, 8)) AS sent, total(({RECEIPT}) = 1) AS delivered,
  total(({RECEIPT}) IN (2, 16)) AS failed, total(m.stop_at <= :now) AS stoplisted,
  total(CASE WHEN ({RECEIPT}) = 16 THEN m.credits END) AS refunded
FROM jobs s CROSS JOIN messages m ON m.id BETWEEN s.first AND s.last WHERE s.id = :job AND m.cancelled IS NULL
"""


def create(box: Sandbox, account: str, about: dict[str, Any], accept: Callable[[], tuple[Report, int]]) -> str:
    """Accept a batch with all its messages and their credits, or nothing; return its id.

    :param about: ``name``, ``message``, ``sender``, ``slot``, ``receivers`` and ``deferred``, seconds since 1970.
    :param accept: accepts the messages; returns them and the number of records.
    """
    with box.state.write() as db:
        report, records = accept()
        is_any = report.last >= report.first
        job = db.execute("SELECT max(id) FROM jobs").fetchone()[0] if is_any else None
        new = {
            **about,
            "id": box.new_uuid(),
            "account": account,
            "job": job,
            "created": box.now,
            "errors": json.dumps([{"receiver": each, "message": "Invalid receiver"} for each in report.invalid]),
            "records": records,
            "receivers": None if about["receivers"] is None else json.dumps(about["receivers"]),
        }
        names = ", ".join(new)
        db.execute(f"INSERT INTO ovh_batches ({names}) VALUES (:{', :'.join(new)})", new)
    return str(new["id"])


def listed(box: Sandbox, account: str) -> list[dict[str, Any]]:
    """Show every batch of an account, the oldest first."""
    sql = f"SELECT {_ROW} {_FROM} WHERE b.account = ? AND {_LISTED} ORDER BY b.created, b.rowid"
    return [shown(box, row) for row in box.state.rows(sql, account)]


def find(box: Sandbox, account: str, batch: str) -> sqlite3.Row:
    """Find a batch; refused with 404 if there is none, or if OVH does not list it yet."""
    sql = f"SELECT {_ROW} {_FROM} WHERE b.account = ? AND b.id = ? AND {_LISTED}"
    return box.find(f"The batch {batch}", sql, account, batch)


def accepted(box: Sandbox, batch: str) -> dict[str, Any]:
    """Show a batch to the call that has just made it, also if no list shows it yet."""
    return shown(box, box.find("The batch", f"SELECT {_ROW} {_FROM} WHERE b.id = ?", batch))


def status(row: sqlite3.Row, now: float) -> str:
    """Return a batch's status at a simulated moment."""
    if row["cancelled"] is not None:
        return _at(now - row["cancelled"], "TO_CANCEL", "CANCELING", "CANCELED")
    if row["job"] is None:
        return _at(now - row["created"], "PENDING", "INSERTING", "FAILED")
    if now >= max(row["last_sent"], row["created"] + 2 * STEP_SECONDS):
        return "COMPLETED"
    return _at(now - row["created"], "PENDING", "INSERTING", "INSERTED")


def every(box: Sandbox, *, account: str | None) -> list[dict[str, Any]]:
    """Return every batch that was accepted, for the truth."""
    sql = f"SELECT {_ROW} {_FROM} WHERE :account IS NULL OR b.account = :account ORDER BY b.rowid"
    names = ("id", "account", "name", "slot", "records")
    return [
        {**{name: row[name] for name in names}, "tag": row["tag"] or "", "status": status(row, box.now)}
        for row in box.state.rows(sql, account=account)
    ]


def of_message(box: Sandbox, message: int | None) -> str | None:
    """Return the id of the batch that a message belongs to; None if it belongs to none."""
    sql = "SELECT b.id FROM messages m JOIN ovh_batches b ON b.job = m.job WHERE m.id = ?"
    found = box.state.row(sql, message)
    return None if found is None else str(found["id"])


def _at(seconds: float, first: str, second: str, then: str) -> str:
    return first if seconds < STEP_SECONDS else second if seconds < 2 * STEP_SECONDS else then


def shown(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.Batch."""
    now, started = box.now, row["created"] + STEP_SECONDS
    finished, is_cancelled = started + STEP_SECONDS, row["cancelled"] is not None
    done = int(now >= finished)
    sent = row["deferred"] or row["created"]
    return {
        "accountID": zlib.crc32(row["account"].encode()),
        "createdAt": iso(row["created"]),
        "errors": json.loads(row["errors"]) if done else [],
        "estimatedCredits": whole(row["cost"] or 0),
        "finishedAt": iso_or_none(finished if done and not is_cancelled else None),
        "from": row["sender"] or None,
        "id": row["id"],
        "message": row["message"],
        "name": row["name"],
        "processedRecords": row["records"] * done,
        "receivers": None if row["receivers"] is None else json.loads(row["receivers"]),
        "sentAt": iso_or_none(sent if row["job"] is not None and not is_cancelled else None),
        "slotID": row["slot"],
        "startedAt": iso_or_none(started if now >= started else None),
        "status": status(row, now),
        "totalRecords": row["records"],
        "updatedAt": iso(row["cancelled"] or row["created"]),
    }


def statistics(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.BatchStatistics: each message is counted once, among those that wait, have left, or are final."""
    found = box.state.row(_COUNTS, job=row["job"], now=box.now)
    assert found is not None  # noqa: S101
    counts = {name: int(found[name]) for name in ("pending", "sent", "delivered", "failed", "stoplisted")}
    is_charged = row["cancelled"] is None and box.now >= row["created"] + 2 * STEP_SECONDS
    cost = row["cost"] or 0
    taken = cost - found["refunded"] if is_charged else 0
    return {"credits": whole(taken), "estimatedCredits": whole(cost), "id": row["id"], **counts}


def cancel(box: Sandbox, account: str, batch: str) -> None:
    """Cancel a deferred batch before its first message leaves; its credits come back."""
    with box.state.write() as db:
        row, now = find(box, account, batch), box.now
        own = "FROM messages WHERE id BETWEEN ? AND ? AND cancelled IS NULL"
        mine = row["first"], row["last"]
        leaves = db.execute(f"SELECT min(sent_at) {own}", mine).fetchone()[0]
        if row["deferred"] is None or row["cancelled"] is not None or leaves is None or leaves <= math.floor(now):
            raise Refusal(403, f"The batch in status {status(row, now)} cannot be canceled")
        db.execute("UPDATE ovh_batches SET cancelled = ? WHERE id = ?", (now, batch))
        (back,) = db.execute(f"SELECT total(credits) {own}", mine).fetchone()
        sql = "UPDATE messages SET cancelled = ? WHERE id BETWEEN ? AND ? AND cancelled IS NULL"
        db.execute(sql, (int(now), *mine))
        db.execute("UPDATE accounts SET credits = credits + ? WHERE name = ?", (round(back, 2), account))


def remove(box: Sandbox, account: str, batch: str) -> None:
    """Take a batch out of the list; what was sent was sent all the same."""
    row = find(box, account, batch)
    if (shows := status(row, box.now)) not in ("COMPLETED", "CANCELED", "FAILED"):
        raise Refusal(403, f"The batch in status {shows} cannot be removed")
    box.state.change("UPDATE ovh_batches SET hidden = 1 WHERE id = ?", batch)


def rename(box: Sandbox, account: str, batch: str, name: str) -> None:
    """Give a batch another name."""
    box.state.change("UPDATE ovh_batches SET name = ? WHERE id = ?", name, find(box, account, batch)["id"])
