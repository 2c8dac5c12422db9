"""The truth: every SMS that was accepted, counted by tag, to compare other figures with."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from .clock import utc_iso, whole
from .sandbox import Sandbox
from .world.messages import FROM, LIVE, RECEIPT, job_id, outgoing_id
from .world.users import LOGIN

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
  m.receiver, m.parts, m.credits, m.sent_at, m.final_at, m.dlr, m.ptt, m.operator, m.stop_at, {RECEIPT} AS receipt,
  {LOGIN} AS user
{FROM} {_WHERE} AND {LIVE} ORDER BY m.id
"""

_JOBS = f"""
SELECT s.id, s.account, s.tag, s.created, s.credits, s.last - s.first + 1 AS accepted,
  l.source, l.slot, l.description, l.records, l.digest, {LOGIN} AS user
FROM jobs s LEFT JOIN lists l ON l.job = s.id {_WHERE} ORDER BY s.id
"""

_REPLIES = """
SELECT tag, total(arrived AND NOT to_clause) AS received, total(NOT arrived) AS expected,
  total(arrived AND stop) AS opt_outs,
  total(hidden IS NOT NULL) AS deleted, total(CASE WHEN arrived THEN credits END) AS credits
FROM replies WHERE (:account IS NULL OR account = :account) AND (:tag IS NULL OR tag = :tag) GROUP BY tag ORDER BY tag
"""

_EACH_REPLY = """
SELECT * FROM replies WHERE arrived = 1 AND (:account IS NULL OR account = :account) AND (:tag IS NULL OR tag = :tag)
ORDER BY at, id
"""

COUNTS = "accepted receivers twice pending sent delivered failed stops parts credits refunded cancelled".split()


def counted(sandbox: Sandbox, *, tag: str | None, account: str | None) -> dict[str, Any]:
    """Count at the simulated moment: one tag, or everything with each tag beside it.

    In the total, ``receivers`` and ``stops`` are distinct numbers and ``twice`` is the sum over the tags.
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
    """Put the counts in the order of COUNTS, whole numbers as integers."""
    return {name: whole(round(counts.get(name, 0), 2)) for name in COUNTS}


def jobs(sandbox: Sandbox, *, tag: str | None, account: str | None) -> list[dict[str, Any]]:
    """Return every accepted POST and the list that it went to, as the list was at that moment."""
    found = sandbox.state.rows(_JOBS, account=account, tag=tag)
    return [{**dict(row), "created": utc_iso(row["created"])} for row in found]


def documents(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return every document that a client made and did not delete, expired ones included."""
    sql = "SELECT id, name, size, created, expires FROM documents WHERE export IS NULL ORDER BY created, id"
    return [
        {**dict(row), "created": utc_iso(row["created"]), "expires": row["expires"] and utc_iso(row["expires"])}
        for row in sandbox.state.rows(sql)
    ]


def each(sandbox: Sandbox, *, tag: str | None, account: str | None) -> Iterator[str]:
    """Yield every accepted SMS that was not cancelled, as lines of JSON."""
    with closing(sandbox.state.connect()) as db:
        found = db.execute(_EACH, {"account": account, "tag": tag, "now": sandbox.now})
        while rows := found.fetchmany(2000):
            yield "".join(json.dumps(_shown(row), ensure_ascii=False) + "\n" for row in rows)


def _shown(row: Any) -> dict[str, Any]:
    as_stored = "account user tag receiver sender message parts credits operator slot".split()
    dates = "created sent_at final_at stop_at".split()
    return {
        **{name: row[name] for name in as_stored},
        **{name: None if row[name] is None else utc_iso(row[name]) for name in dates},
        "job_id": job_id(row["id"]),
        "outgoing_id": outgoing_id(row["id"]),
        "delivery_receipt": row["receipt"],
        "final_receipt": row["dlr"],
        "final_ptt": row["ptt"],
    }


def replies(sandbox: Sandbox, *, tag: str | None, account: str | None) -> dict[str, Any]:
    """Count the replies that OVH has received, those on their way, and the STOPs among them, those to a clause too."""
    counted = {row["tag"]: row for row in sandbox.state.rows(_REPLIES, tag=tag, account=account)}
    names = ("received", "expected", "opt_outs", "deleted", "credits")
    total = {name: whole(sum(row[name] for row in counted.values())) for name in names}
    return {**total, "by_tag": {name: int(row["received"]) for name, row in counted.items()}}


def each_reply(sandbox: Sandbox, *, tag: str | None, account: str | None) -> list[dict[str, Any]]:
    """Return every reply that has arrived, the oldest first."""
    return [
        {
            **{name: row[name] for name in ("account", "number", "text", "tag")},
            "id": None if row["to_clause"] else row["incoming"],
            "at": utc_iso(row["at"]),
            "stop": bool(row["stop"]),
            "credits": whole(row["credits"]),
            "outgoing_id": None if row["message"] is None else outgoing_id(row["message"]),
            "deleted": row["hidden"] is not None,
        }
        for row in sandbox.state.rows(_EACH_REPLY, tag=tag, account=account)
    ]
