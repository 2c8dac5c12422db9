"""The life of a sender: requested, waiting, enabled or refused, and disabled again once its time is over."""

import re
import sqlite3
from random import Random
from typing import Any

from ..errors import Refusal, bad
from ..sandbox import Sandbox

_number = re.compile(r"\+?[0-9]{6,16}")
_alpha = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,10}")
# Since the moment ``expires`` OVH shows the sender as disabled.
FIND = (
    "SELECT s.name, s.description, s.comment, l.type, l.code, l.expires,"
    " CASE WHEN s.status = 'enable' AND l.expires <= :now THEN 'disable' ELSE s.status END AS status"
    " FROM senders s LEFT JOIN sender_lives l ON l.account = s.account AND l.name = s.name"
    " WHERE s.account = :account AND (:name IS NULL OR s.name = :name)"
    " AND (l.shown IS NULL OR l.shown <= machine()) ORDER BY s.name"
)


def every(box: Sandbox, account: str, name: str | None = None) -> list[sqlite3.Row]:
    """Return the senders that OVH shows now."""
    return box.state.rows(FIND, account=account, name=name, now=box.now)


def find(box: Sandbox, account: str, name: str) -> sqlite3.Row:
    """Find a sender; refused with 404 if there is none."""
    return box.find(f"Sms sender {name}", FIND, account=account, name=name, now=box.now)


def request(box: Sandbox, account: str, name: str, description: str, *, late: float | None) -> None:
    """Request a sender; it waits for a moderator, or if it is a number for its code.

    :param late: real seconds for which OVH does not show it.
    """
    kind = "numeric" if _number.fullmatch(name) else "alpha"
    if kind == "alpha" and not _alpha.fullmatch(name):
        raise bad("[sender] Given data is not valid: 1 to 11 letters, digits and blanks, or a phone number")
    with box.state.write() as db:
        if box.state.row("SELECT 1 FROM senders WHERE account = ? AND name = ?", account, name):
            raise Refusal(409, f"Sms sender {name} already exists")
        row = (account, name, "waitingValidation", description, None)
        db.execute("INSERT INTO senders VALUES (?, ?, ?, ?, ?)", row)
        code = f"{Random(f'{box.seed} {account} {name}').randrange(10**6):06d}" if kind == "numeric" else None
        shown = None if late is None else box.clock.machine() + late
        life = (account, name, kind, code, shown)
        db.execute(
            "INSERT INTO sender_lives VALUES (?, ?, ?, ?, NULL, ?, 1) ON CONFLICT (account, name) DO UPDATE"
            " SET type = excluded.type, code = excluded.code, expires = NULL, shown = excluded.shown,"
            " requests = requests + 1",
            life,
        )


def validate(box: Sandbox, account: str, name: str, code: str) -> None:
    """Enable a number by the code that was sent to it."""
    with box.state.write() as db:
        found = find(box, account, name)
        if found["status"] != "waitingValidation" or not found["code"]:
            raise Refusal(403, f"Sms sender {name} does not wait for a code")
        if code != found["code"]:
            raise bad("[code] The validation code is wrong")
        db.execute("UPDATE senders SET status = 'enable' WHERE account = ? AND name = ?", (account, name))


def decide(box: Sandbox, account: str, name: str, changes: dict[str, Any]) -> None:
    """Do what a moderator or time does at OVH: a status, a comment, an end in simulated seconds."""
    with box.state.write() as db:
        find(box, account, name)
        for column in ("status", "comment"):
            if column in changes:
                sql = f"UPDATE senders SET {column} = ? WHERE account = ? AND name = ?"
                db.execute(sql, (changes[column], account, name))
        if "expires_in" in changes:
            seconds = changes["expires_in"]
            sql = (
                "INSERT INTO sender_lives VALUES (?, ?, 'alpha', NULL, ?, NULL, 0)"
                " ON CONFLICT (account, name) DO UPDATE SET expires = excluded.expires"
            )
            db.execute(sql, (account, name, None if seconds is None else box.now + seconds))


def delete(box: Sandbox, account: str, name: str) -> None:
    """Delete a sender."""
    with box.state.write() as db:
        find(box, account, name)
        db.execute("DELETE FROM senders WHERE account = ? AND name = ?", (account, name))


def truth(box: Sandbox, account: str) -> list[dict[str, Any]]:
    """Return every sender of an account, with the code that a number was sent."""
    sql = (
        "SELECT s.name, s.status, s.comment, s.description, l.type, l.code, coalesce(l.requests, 0) AS requests"
        " FROM senders s LEFT JOIN sender_lives l ON l.account = s.account AND l.name = s.name"
        " WHERE s.account = ? ORDER BY s.name"
    )
    return [dict(row) for row in box.state.rows(sql, account)]
