"""Users of an account: quotas that are taken out of its credits, alerts, and which messages are whose."""

import json
import sqlite3
from typing import Any

from ..clock import utc_iso, whole
from ..errors import Refusal, bad
from ..sandbox import Sandbox
from . import transfers

#: Of a message or job ``s``: those of one user, of nobody, and of anybody.
OF_USER = "EXISTS (SELECT 1 FROM user_jobs u WHERE u.job = s.id AND u.login = :login)"
OF_NOBODY = "NOT EXISTS (SELECT 1 FROM user_jobs u WHERE u.job = s.id)"
LOGIN = "(SELECT u.login FROM user_jobs u WHERE u.job = s.id)"
_REFUNDED = """
SELECT total(m.credits) AS credits FROM user_jobs u JOIN jobs s ON s.id = u.job
CROSS JOIN messages m ON m.job = s.id
WHERE u.account = ? AND u.login = ? AND u.quota AND m.dlr = 16 AND m.final_at <= ? AND m.cancelled IS NULL
"""
_SPENT = f"""
SELECT {LOGIN} AS login, total(m.credits) AS spent,
  total(CASE WHEN m.cancelled IS NOT NULL THEN m.credits END) AS cancelled,
  total(CASE WHEN m.dlr = 16 AND m.final_at <= :now AND m.cancelled IS NULL THEN m.credits END) AS refunded
FROM jobs s CROSS JOIN messages m ON m.job = s.id WHERE s.account = :account AND {LOGIN} IS NOT NULL GROUP BY login
"""


def settings_of(box: Sandbox, account: str, login: str) -> dict[str, Any]:
    """Return a user's settings as they are stored; refused with 404 if there is no such user."""
    sql = "SELECT settings FROM users WHERE account = ? AND login = ?"
    found: dict[str, Any] = json.loads(box.find(f"The user {login}", sql, account, login)["settings"])
    return found


def shown(box: Sandbox, account: str, login: str) -> dict[str, Any]:
    """Show a user; refunded credits are in ``quotaLeft``."""
    settings = settings_of(box, account, login)
    left = quota_of(box, account, login, settings)
    if left is not None:
        settings["quotaInformations"] = {"quotaLeft": whole(left), "quotaStatus": "active"}
    return {"login": login, **settings}


def quota_of(box: Sandbox, account: str, login: str, settings: dict[str, Any]) -> float | None:
    """Return the credits of an active quota; None if it is not active."""
    quota = settings["quotaInformations"]
    if quota["quotaStatus"] != "active":
        return None
    found = box.state.row(_REFUNDED, account, login, box.now)
    return round(quota["quotaLeft"] + (found["credits"] if found else 0.0), 2)


def held(box: Sandbox, account: str) -> list[float]:
    """Return the credits of every active quota of an account."""
    rows = box.state.rows("SELECT login, settings FROM users WHERE account = ?", account)
    quotas = [quota_of(box, account, row["login"], json.loads(row["settings"])) for row in rows]
    return [quota for quota in quotas if quota is not None]


def refunded(box: Sandbox, account: str) -> float:
    """Add up the credits of messages in error 16 that went back to quotas."""
    rows = box.state.rows("SELECT login FROM users WHERE account = ?", account)
    found = [box.state.row(_REFUNDED, account, row["login"], box.now) for row in rows]
    return sum(float(row["credits"]) for row in found if row)


def owner_of_slots(box: Sandbox, account: str, login: str) -> str:
    """Return the owner of a user's receivers slots: the user, or the account (feature ``user_slots``)."""
    settings_of(box, account, login)
    return f"{account}/{login}" if box.features["user_slots"] == "own" else account


def listing_of(box: Sandbox, login: str | None) -> str:
    """Return the SQL condition on jobs ``s`` that a list of a user, or of the account itself, shows."""
    if login is not None:
        return "0" if box.features["user_messages"] == "account" else OF_USER
    return OF_NOBODY if box.features["user_messages"] == "user" else "1"


def change(box: Sandbox, account: str, login: str, changes: dict[str, Any]) -> None:
    """Change settings within the caller's transaction; a quota takes credits from the account, or they return to it."""
    settings = settings_of(box, account, login)
    before, stored = quota_of(box, account, login, settings), settings["quotaInformations"]["quotaLeft"]
    now_shown = {} if before is None else {"quotaLeft": before}
    quota = {**settings["quotaInformations"], **now_shown, **changes.get("quotaInformations", {})}
    alert = {**settings["alertThresholdInformations"], **changes.get("alertThresholdInformations", {})}
    if quota["quotaLeft"] < 0:
        raise bad("[quotaInformations.quotaLeft] Given data is less than 0")
    if quota["quotaStatus"] == "active":
        _move(box, account, login, quota["quotaLeft"] - (before or 0.0))
        if before is not None:  # refunded credits are added when it is shown
            quota["quotaLeft"] -= before - stored
    elif before is not None:
        _release(box, account, login, before, stored)
        quota["quotaLeft"] = 0
    new = {**settings, **changes, "quotaInformations": quota, "alertThresholdInformations": alert}
    _store(box, account, login, new)


def delete(box: Sandbox, account: str, login: str) -> None:
    """Delete a user within the caller's transaction; its quota goes back to the account."""
    settings = settings_of(box, account, login)
    left = quota_of(box, account, login, settings)
    if left is not None:
        _release(box, account, login, left, settings["quotaInformations"]["quotaLeft"])
    box.state.change("DELETE FROM users WHERE account = ? AND login = ?", account, login)


def _move(box: Sandbox, account: str, login: str, amount: float) -> None:
    """Take credits from the account for a quota, or return them to it."""
    if amount > 0:
        box.spend(account, round(amount, 2))
    elif amount < 0:
        box.add_credits(account, round(-amount, 2))
    _note_move(box, account, login, amount)
    transfers.recredit(box, account)


def _note_move(box: Sandbox, account: str, login: str, amount: float) -> None:
    row = (account, login, round(amount, 2), box.now)
    if amount:
        box.state.change("INSERT INTO quota_moves (account, login, credits, at) VALUES (?, ?, ?, ?)", *row)


def _release(box: Sandbox, account: str, login: str, left: float, stored: float) -> None:
    """End a quota: what is left goes back. Refunds of its messages are the account's from now on, past ones too."""
    box.state.change("UPDATE user_jobs SET quota = 0 WHERE account = ? AND login = ?", account, login)
    box.add_credits(account, stored)
    _note_move(box, account, login, -left)


def _store(box: Sandbox, account: str, login: str, settings: dict[str, Any]) -> None:
    sql = "UPDATE users SET settings = ? WHERE account = ? AND login = ?"
    box.state.change(sql, json.dumps(settings), account, login)


def spend(box: Sandbox, account: str, login: str, cost: float) -> bool:
    """Take the credits of a job within the caller's transaction; returns whether a quota paid.

    :raises Refusal: the quota, or without one the account, has too few; a quota of 0 blocks the user.
    """
    settings = settings_of(box, account, login)
    left = quota_of(box, account, login, settings)
    if left is None:
        box.spend(account, cost)
        return False
    if left <= 0 or cost > left:
        raise Refusal(402, f"Not enough credits in the quota of {login}: {cost:g} needed, {left:g} left")
    _add(box, account, login, settings, -cost)
    about = settings["alertThresholdInformations"]
    threshold = about["alertThreshold"]
    if threshold and left > threshold >= left - cost:
        row = (account, login, box.now, threshold, left - cost, about["support"])
        sql = "INSERT INTO user_alerts (account, login, at, threshold, left, support) VALUES (?, ?, ?, ?, ?, ?)"
        box.state.change(sql, *row)
    return True


def record(box: Sandbox, account: str, login: str, job: int, *, quota: bool) -> None:
    """Note which user a job belongs to, and whether its quota paid."""
    box.state.change("INSERT INTO user_jobs VALUES (?, ?, ?, ?)", job, account, login, quota)


def refund(box: Sandbox, account: str, job: int, credit: float) -> None:
    """Refund the credits of a cancelled message to the quota that paid, or to the account."""
    found = box.state.row("SELECT login FROM user_jobs WHERE job = ? AND quota", job)
    if found is None:
        box.add_credits(account, credit)
    else:
        _add(box, account, found["login"], settings_of(box, account, found["login"]), credit)


def _add(box: Sandbox, account: str, login: str, settings: dict[str, Any], amount: float) -> None:
    quota = settings["quotaInformations"]
    quota["quotaLeft"] = round(quota["quotaLeft"] + amount, 2)
    _store(box, account, login, settings)


def of_job(box: Sandbox, job: int | None) -> str | None:
    """Return the user of a job; None if the account itself sent it."""
    found: sqlite3.Row | None = box.state.row("SELECT login FROM user_jobs WHERE job = ?", job)
    return None if found is None else str(found["login"])


def every(box: Sandbox, *, account: str | None) -> list[dict[str, Any]]:
    """Return every user for the truth: its quota, what it spent, and the alerts that it was sent."""
    found = box.state.rows("SELECT account, login FROM users WHERE ?1 IS NULL OR account = ?1 ORDER BY 1, 2", account)
    return [_truth(box, row["account"], row["login"]) for row in found]


def _truth(box: Sandbox, account: str, login: str) -> dict[str, Any]:
    quota = shown(box, account, login)["quotaInformations"]
    used = {row["login"]: row for row in box.state.rows(_SPENT, account=account, now=box.now)}.get(login)
    names = ("spent", "cancelled", "refunded")
    moved = box.state.row("SELECT total(credits) AS n FROM quota_moves WHERE account = ? AND login = ?", account, login)
    alerts = box.state.rows("SELECT * FROM user_alerts WHERE account = ? AND login = ? ORDER BY id", account, login)
    return {
        "account": account,
        "login": login,
        "quota_left": whole(quota["quotaLeft"]),
        "quota_status": quota["quotaStatus"],
        "quota_taken": whole(moved["n"] if moved else 0),
        **{name: whole(round(used[name], 2)) if used else 0 for name in names},
        "alerts": [
            {
                **{name: row[name] for name in ("threshold", "support")},
                "left": whole(row["left"]),
                "at": utc_iso(row["at"]),
            }
            for row in alerts
        ],
    }
