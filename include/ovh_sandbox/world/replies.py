"""Replies of people: to a message that asked for them, or STOP to its clause. Each arrives at a simulated moment."""

import re
import sqlite3
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

from ..sandbox import Sandbox
from . import transfers
from .parts import measure

Ids = Literal["rising", "falling", "scattered"]
# How OVH shows a reply that it cannot show: with values of other types, or with an error of its own.
Break = Literal["types", "error"]
# Seconds for which a message that asks for replies takes them.
TAKES_REPLIES = 48 * 3600
# Ids of inbound messages: rising ones divide by 3, falling and scattered ones lie between them.
_BASE = 600_000_000
_SPAN = 1 << 20
_ODD = 0x9E3779B1
_stop = re.compile(r"\W*(?:STOP|ARR[EÊ]T)(?:\s+(?:SMS|\d{5}))?\W*", re.IGNORECASE)
# The newest message that this person can answer: a short number takes any text, a STOP clause only a STOP.
_ANSWERED = f"""
SELECT m.id, s.account, s.tag, s.sender FROM messages m JOIN jobs s ON s.id = m.job
WHERE m.receiver = :number AND m.cancelled IS NULL AND m.dlr = 1 AND m.final_at <= :at
  AND ((s.sender = '' AND m.sent_at > :at - {TAKES_REPLIES}) OR (m.stop_clause AND :stop))
  AND (:account IS NULL OR s.account = :account) AND (:tag IS NULL OR s.tag = :tag)
ORDER BY m.sent_at DESC, m.id DESC LIMIT 1
"""
_DUE = """
SELECT r.*, m.cancelled FROM replies r LEFT JOIN messages m ON m.id = r.message
WHERE r.arrived = 0 AND r.at <= ? ORDER BY r.at, r.id
"""
# The first STOP counts, or the first since OVH's entry was deleted.
_STOPPED = """
UPDATE messages SET stop_at = :at WHERE id = :message AND (stop_at IS NULL OR stop_at > :at OR EXISTS (
  SELECT 1 FROM forgiven f WHERE f.account = :account AND f.number = messages.receiver AND f.at >= messages.stop_at))
"""


@dataclass(frozen=True)
class Reply:
    """A reply on its way.

    :param at: whole seconds since 1970.
    :param message: row of the message that it answers; None if it answers none.
    :param to_clause: it goes to the number of the STOP clause, so OVH lists and bills nothing.
    :param ids: how its id lies to earlier ones; None is the feature's choice.
    """

    account: str
    number: str
    text: str
    tag: str
    at: int
    message: int | None = None
    to_clause: bool = False
    ids: Ids | None = None

    def row(self) -> tuple[object, ...]:
        """Make the row to store."""
        cost = 0 if self.to_clause else measure(self.text).parts
        about = (self.account, self.number, self.text, self.tag, self.message, self.at)
        return (*about, is_stop(self.text), self.to_clause, cost, self.ids)


def is_stop(text: str) -> bool:
    """Whether OVH itself takes a text for a STOP."""
    return _stop.fullmatch(text) is not None


def answered(
    box: Sandbox, number: str, text: str, *, at: int, account: str | None, tag: str | None
) -> sqlite3.Row | None:
    """Find the newest message that a person can answer at that moment, of one account or tag if given."""
    values = {"number": number, "stop": is_stop(text), "at": at, "account": account, "tag": tag}
    return box.state.row(_ANSWERED, **values)


def add(box: Sandbox, *replies: Reply) -> list[int]:
    """Keep replies until they arrive; returns their rows."""
    with box.state.write() as db:
        return [
            db.execute(
                "INSERT INTO replies (account, number, text, tag, message, at, stop, to_clause, credits, ids)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                reply.row(),
            ).fetchone()[0]
            for reply in replies
        ]


def foresee(box: Sandbox, account: str, tag: str, first: int, last: int) -> None:
    """Let a share of a job's receivers reply, as the feature ``replies`` says, within the caller's transaction.

    :param first: row of the job's first message; ``last`` of its last.
    """
    habits = box.features["replies"]
    if not habits:
        return
    sql = "SELECT id, receiver, sent_at, final_at FROM messages WHERE id BETWEEN ? AND ? AND dlr = 1"
    head = blake2b(f"{box.seed}|{account}|{tag}|reply|".encode(), digest_size=8)
    for row in box.state.rows(sql, first, last):
        hashed = head.copy()
        hashed.update(row["receiver"].encode())
        habit = _drawn(habits, int.from_bytes(hashed.digest()) / 2**64)
        at = 0 if habit is None else int(row["final_at"] + habit["after"])
        if habit is not None and at < row["sent_at"] + TAKES_REPLIES:
            add(box, Reply(account, row["receiver"], habit["text"], tag, at, row["id"]))


def _drawn(habits: list[dict[str, Any]], place: float) -> dict[str, Any] | None:
    """Return the habit whose share holds a place from 0 to 1."""
    for habit in habits:
        if place < habit["share"]:
            return habit
        place -= habit["share"]
    return None


def is_behind(box: Sandbox) -> bool:
    """Whether simulated time has reached the moment of a reply."""
    return box.state.row("SELECT 1 FROM replies WHERE arrived = 0 AND at <= ? LIMIT 1", box.now) is not None


def catch_up(box: Sandbox) -> None:
    """Let every reply arrive whose moment has come: it gets its id, takes its credits, and a STOP counts."""
    with box.state.write() as db:
        count: int = box.state.get("replies_arrived") or 0
        left: dict[str, float] = {}
        for row in db.execute(_DUE, (box.now,)).fetchall():
            if row["cancelled"] is not None:  # a withdrawn message is answered by nobody
                db.execute("DELETE FROM replies WHERE id = ?", (row["id"],))
                continue
            count += 1
            if row["account"] not in left:
                left[row["account"]] = _left(box, row["account"])
            taken = min(row["credits"], left[row["account"]])
            left[row["account"]] -= taken
            _arrive(box, db, row, count, taken)
        box.state.put("replies_arrived", count)
        for account in left:
            found = box.state.row("SELECT expired FROM accounts WHERE name = ?", account)
            if found is not None and not found["expired"]:
                transfers.recredit(box, account)


def _left(box: Sandbox, account: str) -> float:
    """Return the credits that an account can spend, an expired one too."""
    found = box.state.row("SELECT credits - hold AS free FROM accounts WHERE name = ?", account)
    return max(0.0, found["free"] + box.refunded(account)) if found else 0.0


def _arrive(box: Sandbox, db: sqlite3.Connection, row: sqlite3.Row, count: int, taken: float) -> None:
    number = _id(count, row["ids"] or box.features["reply_ids"])
    late = box.features["late_replies"]
    shown = box.clock.machine() + late if late else None
    values = (number, taken, shown, row["id"])
    db.execute("UPDATE replies SET arrived = 1, incoming = ?, credits = ?, shown = ? WHERE id = ?", values)
    box.add_credits(row["account"], -taken)
    if row["stop"] and row["message"] is None:
        added = (row["account"], row["number"], row["at"])
        db.execute("INSERT OR IGNORE INTO blacklist VALUES (?, ?, ?)", added)
    elif row["stop"]:
        db.execute(_STOPPED, {name: row[name] for name in ("at", "message", "account")})


def _id(count: int, ids: Ids) -> int:
    """Return the id of the n-th reply; no two are the same."""
    if ids == "rising":
        return _BASE + 3 * count
    if ids == "falling":
        return _BASE - 3 * count + 1
    return _BASE + 3 * (count * _ODD % _SPAN - _SPAN // 2) + 2
