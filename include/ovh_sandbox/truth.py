"""What really happened: every SMS that was accepted, counted per tag, so that a test can prove its case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from .clock import utc_iso
from .sandbox import Sandbox
from .world.messages import FROM, LIVE, RECEIPT, job_id, outgoing_id

_WHERE = "WHERE (:account IS NULL OR s.account = :account) AND (:tag IS NULL OR s.tag = :tag)"

_COUNTS = f"""
SELECT s.tag, count(*) AS accepted, count(DISTINCT m.receiver) AS receivers,
  total(({RECEIPT}) IN (0, 4, 8)) AS pending, total(m.sent_at <= :now) AS sent,
  total(({RECEIPT}) = 1) AS delivered, total(({RECEIPT}) IN (2, 16)) AS failed,
  count(DISTINCT CASE WHEN m.stop_at <= :now THEN m.receiver END) AS stops,
  total(m.parts) AS parts, total(m.credits) AS credits,
  total(CASE WHEN ({RECEIPT}) = 16 THEN m.credits END) AS refunded
{FROM} {_WHERE} AND {LIVE} GROUP BY s.tag
"""

_TWICE = f"""
SELECT tag, count(*) AS twice FROM (
  SELECT s.tag, m.receiver {FROM} {_WHERE} AND {LIVE} GROUP BY s.tag, m.receiver HAVING count(*) > 1)
GROUP BY tag
"""

_CANCELLED = f"SELECT s.tag, count(*) AS n {FROM} {_WHERE} AND m.cancelled IS NOT NULL GROUP BY s.tag"

_EACH = f"""
SELECT s.account, s.tag, s.sender, s.slot, s.created, coalesce(m.message, s.message) AS message, m.id,
  m.receiver, m.parts, m.credits, m.sent_at, m.final_at, m.dlr, m.ptt, m.operator, m.stop_at, {RECEIPT} AS receipt
{FROM} {_WHERE} AND {LIVE} ORDER BY m.id
"""

_SENDINGS = f"""
SELECT s.id, s.account, s.tag, s.created, s.credits, s.last - s.first + 1 AS accepted,
  l.source, l.slot, l.description, l.records, l.digest
FROM sendings s LEFT JOIN lists l ON l.sending = s.id {_WHERE} ORDER BY s.id
"""

COUNTS = (
    "accepted",
    "receivers",
    "twice",
    "pending",
    "sent",
    "delivered",
    "failed",
    "stops",
    "parts",
    "credits",
    "refunded",
    "cancelled",
)


def counted(sandbox: Sandbox, *, tag: str | None, account: str | None) -> dict[str, Any]:
    """Counts at the simulated moment: of one tag, or of everything with each tag beside it.

    Overall, ``receivers`` and ``stops`` are distinct numbers, ``twice`` is the sum over the tags.
    """
    values = {"account": account, "tag": tag, "now": sandbox.now}
    tags = {row["tag"]: dict.fromkeys(COUNTS, 0) for row in sandbox.state.rows(_CANCELLED, **values)}
    for row in sandbox.state.rows(_COUNTS, **values):
        tags[row["tag"]] = {name: row[name] for name in row.keys() if name != "tag"}  # noqa: SIM118
    for row in sandbox.state.rows(_TWICE, **values):
        tags[row["tag"]]["twice"] = row["twice"]
    for row in sandbox.state.rows(_CANCELLED, **values):
        tags[row["tag"]]["cancelled"] = row["n"]
    shown = {name: _tidy(counts) for name, counts in tags.items()}
    if tag is not None:
        return shown.get(tag) or _tidy({})
    total = {name: sum(counts[name] for counts in shown.values()) for name in COUNTS}
    distinct = sandbox.state.row(
        f"SELECT count(DISTINCT m.receiver) AS receivers,"
        f" count(DISTINCT CASE WHEN m.stop_at <= :now THEN m.receiver END) AS stops {FROM} {_WHERE} AND {LIVE}",
        **values,
    )
    assert distinct is not None  # noqa: S101
    return {**total, "receivers": distinct["receivers"], "stops": distinct["stops"], "tags": shown}


def _tidy(counts: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers as integers, in the order of COUNTS."""
    return {name: _whole(counts.get(name, 0)) for name in COUNTS}


def _whole(value: float) -> float:
    return int(value) if value == int(value) else round(value, 2)


def sendings(sandbox: Sandbox, *, tag: str | None, account: str | None) -> list[dict[str, Any]]:
    """Every POST that was accepted, and the list it went to as it was at that moment."""
    found = sandbox.state.rows(_SENDINGS, account=account, tag=tag)
    return [{**dict(row), "created": utc_iso(row["created"])} for row in found]


def ordered(sandbox: Sandbox, *, account: str | None) -> dict[str, Any]:
    """Every order of credits that was made, whatever became of it, by account."""
    accounts: dict[str, list[dict[str, Any]]] = {}
    found = sandbox.state.rows(
        "SELECT * FROM orders WHERE :account IS NULL OR account = :account ORDER BY id", account=account
    )
    for row in found:
        shown = {name: row[name] for name in ("id", "quantity", "status")}
        accounts.setdefault(row["account"], []).append({**shown, "created": utc_iso(row["created"])})
    return {"made": len(found), "by_account": accounts}


def each(sandbox: Sandbox, *, tag: str | None, account: str | None) -> Iterator[str]:
    """Every accepted SMS that was not cancelled, as lines of JSON."""
    with closing(sandbox.state.connect()) as db:
        found = db.execute(_EACH, {"account": account, "tag": tag, "now": sandbox.now})
        while rows := found.fetchmany(2000):
            yield "".join(json.dumps(_shown(row), ensure_ascii=False) + "\n" for row in rows)


def _shown(row: Any) -> dict[str, Any]:
    return {
        "account": row["account"],
        "tag": row["tag"],
        "receiver": row["receiver"],
        "sender": row["sender"],
        "message": row["message"],
        "parts": row["parts"],
        "credits": row["credits"],
        "job_id": job_id(row["id"]),
        "outgoing_id": outgoing_id(row["id"]),
        "created": utc_iso(row["created"]),
        "sent_at": utc_iso(row["sent_at"]),
        "final_at": utc_iso(row["final_at"]),
        "stop_at": None if row["stop_at"] is None else utc_iso(row["stop_at"]),
        "delivery_receipt": row["receipt"],
        "final_receipt": row["dlr"],
        "final_ptt": row["ptt"],
        "operator": row["operator"],
        "slot": row["slot"],
    }
