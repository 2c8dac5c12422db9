"""Callbacks: the addresses that OVH calls when a message is final, a person replies, or a STOP comes."""

import json
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from ..clock import plain
from ..sandbox import Sandbox
from .messages import OUTGOING, outgoing_id
from .users import LOGIN

# Simulated seconds that are searched again: a message that OVH lists late becomes final late, too.
_OVERLAP = 120
_FINAL = f"""
SELECT m.id AS ref, m.dlr, m.ptt, m.final_at AS at, {LOGIN} AS login
FROM jobs s CROSS JOIN messages m ON m.id BETWEEN s.first AND s.last
WHERE s.account = :account AND {OUTGOING} AND m.final_at > :since AND m.final_at <= :now
"""
_OPT_OUTS = f"""
SELECT m.id AS ref, m.receiver AS number, m.stop_at AS at, {LOGIN} AS login FROM messages m JOIN jobs s ON s.id = m.job
WHERE s.account = :account AND m.cancelled IS NULL AND m.stop_at >= cast(:since AS INTEGER) AND m.stop_at <= :now
UNION ALL SELECT -r.id, r.number, r.at, NULL FROM replies r
WHERE r.account = :account AND r.arrived = 1 AND r.stop = 1 AND r.message IS NULL AND r.at >= cast(:started AS INTEGER)
"""
_REPLIES = """
SELECT r.id AS ref, r.number, r.text, r.tag, r.incoming, r.at FROM replies r
WHERE r.account = :account AND r.arrived = 1 AND r.to_clause = 0 AND r.at >= cast(:started AS INTEGER)
  AND NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.kind = 'reply' AND c.ref = r.id)
"""
_DESCRIPTIONS = {1: "Delivered", 2: "Failed", 16: "Error"}
_SHORT_NUMBER = "38100"


class Callback(NamedTuple):
    """One call to make; ``ref`` is the row that it is about."""

    kind: str
    ref: int
    method: str
    url: str
    form: dict[str, Any]


def watch(box: Sandbox, account: str) -> None:
    """Call from now on what the settings of an account and its users name, within the caller's transaction."""
    of_users = [url for urls in _urls_of_users(box, account).values() for url in urls.values()]
    if any([*_urls(box, account).values(), *of_users]):
        row = (account, box.now, box.now)
        box.state.change("INSERT OR IGNORE INTO callback_accounts (account, started, until) VALUES (?, ?, ?)", *row)
    else:
        box.state.change("DELETE FROM callback_accounts WHERE account = ?", account)


def _urls(box: Sandbox, account: str) -> dict[str, str | None]:
    found = box.state.row("SELECT settings FROM accounts WHERE name = ?", account)
    settings = json.loads(found["settings"]) if found else {}
    answer = settings.get("smsResponse") or {}
    return {
        "receipt": settings.get("callBack"),
        "stop": settings.get("stopCallBack"),
        "reply": answer.get("cgiUrl") if answer.get("responseType") == "cgi" else None,
    }


def _urls_of_users(box: Sandbox, account: str) -> dict[str, dict[str, str | None]]:
    found = box.state.rows("SELECT login, settings FROM users WHERE account = ?", account)
    settings = {row["login"]: json.loads(row["settings"]) for row in found}
    return {login: {"receipt": each["callBack"], "stop": each["stopCallBack"]} for login, each in settings.items()}


def collect(box: Sandbox) -> None:
    """Note the calls to make for all that has happened since the last time."""
    for row in box.state.rows("SELECT * FROM callback_accounts"):
        now = box.now
        urls, of_users = _urls(box, row["account"]), _urls_of_users(box, row["account"])
        values = {"account": row["account"], "now": now, "started": row["started"]}
        values["since"] = max(row["started"], row["until"] - _OVERLAP)
        calls = list(_calls(box, urls, of_users, values))
        with box.state.write():
            for each in calls:
                _note(box, row["account"], each)
            sql = "UPDATE callback_accounts SET until = ? WHERE account = ?"
            box.state.change(sql, now, row["account"])


def _calls(
    box: Sandbox, urls: dict[str, str | None], of_users: dict[str, dict[str, str | None]], values: dict[str, Any]
) -> Iterator[Callback]:
    spelled = box.features["callback_spelling"] == "clients"

    def named(kind: str) -> bool:
        return any(each[kind] for each in (urls, *of_users.values()))

    def url_of(kind: str, row: sqlite3.Row) -> str | None:
        """A user's own address comes before the account's."""
        return of_users.get(row["login"], {}).get(kind) or urls[kind]

    for row in box.state.rows(_FINAL, **values) if named("receipt") else []:
        if url := url_of("receipt", row):
            yield Callback("receipt", row["ref"], "GET", url, _receipt(row, spelled))
    for row in box.state.rows(_OPT_OUTS, **values) if named("stop") else []:
        if url := url_of("stop", row):
            name = "senderid" if spelled else "number"
            yield Callback("stop", row["ref"], "GET", url, {name: row["number"], "date": plain(row["at"])})
    if urls["reply"]:
        for row in box.state.rows(_REPLIES, account=values["account"], started=values["started"]):
            form = {"shortcode": _SHORT_NUMBER, "tag": row["tag"], "id": row["incoming"]}
            yield Callback("reply", row["ref"], "POST", urls["reply"], form | _text(row))


def _receipt(row: sqlite3.Row, spelled: bool) -> dict[str, Any]:
    name = "dlr" if spelled else "description"
    form = {"id": outgoing_id(row["ref"]), "ptt": row["ptt"], "date": plain(row["at"]), name: row["dlr"]}
    return form | {"descriptionDlr": _DESCRIPTIONS.get(row["dlr"], "")}


def _text(row: sqlite3.Row) -> dict[str, str]:
    return {"senderid": row["number"], "message": row["text"]}


def _note(box: Sandbox, account: str, call: Callback) -> None:
    drawn = blake2b(f"{box.seed}|callback|{call.kind}|{call.ref}".encode(), digest_size=8)
    place = int.from_bytes(drawn.digest()) / 2**64
    lost, doubled = box.features["callbacks_lost"], box.features["callbacks_doubled"]
    fate = "lost" if place < lost else "doubled" if place < lost + doubled else None
    form, url = urlencode(call.form), call.url
    if call.method == "GET":
        url, form = f"{url}{'&' if urlsplit(url).query else '?'}{form}", ""
    box.state.change(
        "INSERT OR IGNORE INTO callbacks (account, kind, ref, method, url, form, fate, due, over)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(account, call.kind, call.ref, call.method, url, form, fate, box.clock.machine(), fate == "lost"),
    )


def due(box: Sandbox, most: int) -> list[sqlite3.Row]:
    """The calls whose moment has come, by the machine's clock."""
    sql = "SELECT * FROM callbacks WHERE over = 0 AND due <= ? ORDER BY due, id LIMIT ?"
    return box.state.rows(sql, box.clock.machine(), most)


def answered(box: Sandbox, row: sqlite3.Row, statuses: list[int | None]) -> None:
    """Note the answers to a call; without a 200 it is made again later, or OVH calls no more.

    :param statuses: of each time that it was made just now; None without an answer.
    """
    waits = box.features["callback_retries"]
    tries = row["tries"] + 1
    over = 200 in statuses or tries > len(waits)
    later = 0.0 if over else waits[tries - 1]
    box.state.change(
        "UPDATE callbacks SET tries = ?, calls = calls + ?, status = ?, over = ?, due = ? WHERE id = ?",
        *(tries, len(statuses), statuses[0], over, box.clock.machine() + later, row["id"]),
    )
