"""Number checks (HLR): each asks the network of one number whether it is valid and can be reached."""

import sqlite3
from random import Random
from typing import Any

from ..clock import iso, utc_iso
from ..errors import bad
from ..faults import FaultOrder
from ..sandbox import Sandbox
from . import numbers

# Credits of one number.
CREDITS = 0.1
_OPERATORS = ("20801", "20810", "20815", "20820")
# What a check may end with, and the share of numbers that end so, unless the feature ``checks`` says otherwise.
ENDS = {"reachable": 0.92, "unreachable": 0.05, "invalid": 0.03, "error": 0.0}
LISTED = "c.account = :account AND (c.shown IS NULL OR c.shown <= machine())"


def make(box: Sandbox, account: str, receivers: list[str], fault: FaultOrder | None) -> dict[str, Any]:
    """Check some numbers, and take the credits of those that are numbers at all."""
    if fault is not None and fault.kind == "partial":
        receivers = receivers[: fault.first_of(len(receivers))]
    late = fault.hides() if fault is not None else None
    valid, invalid = [], []
    for receiver in receivers:
        number = numbers.valid(receiver)
        (invalid if number is None else valid).append(receiver if number is None else number)
    cost = round(CREDITS * len(valid), 2)
    with box.state.write() as db:
        box.spend(account, cost)
        shown = None if late is None else box.clock.machine() + late
        sql = "INSERT INTO number_checks (account, number, created, ends, shown) VALUES (?, ?, ?, ?, ?)"
        made = [db.execute(sql, (account, each, box.now, _end(box, each), shown)).lastrowid for each in valid]
    return {"ids": made, "invalidReceivers": invalid, "tag": "", "totalCreditsRemoved": cost, "validReceivers": valid}


def refuse_empty(receivers: list[str] | None) -> list[str]:
    """Refuse a call without numbers."""
    if not receivers:
        raise bad("Missing parameter: receivers")
    return receivers


def show(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.HlrLookupNumber; it knows nothing of the number before it is done."""
    age, seconds = box.now - row["created"], box.features["check_seconds"]
    done = age >= seconds
    status = ("error" if row["ends"] == "error" else "done") if done else "doing" if age >= seconds / 2 else "todo"
    known = status == "done"
    luck = Random(f"{box.seed} {row['number']} network")
    return {
        "datetime": iso(int(row["created"])),
        "id": row["id"],
        "msisdn": row["number"],
        "operatorCode": luck.choice(_OPERATORS) if known else "",
        "ported": known and luck.random() < 0.3,
        "reachable": known and row["ends"] == "reachable",
        "roaming": known and luck.random() < 0.02,
        "status": status,
        "valid": known and row["ends"] != "invalid",
    }


def operator(row: sqlite3.Row) -> dict[str, Any]:
    """Show the sms.Hlr of a number."""
    region = {"country": "France", "countryCode": "33"} if numbers.french(row["number"]) else {}
    return {"country": "", "countryCode": "", **region, "network": "GSM", "operator": "Sandbox Mobile", "region": ""}


def truth(box: Sandbox, account: str | None) -> dict[str, Any]:
    """Return the checks that were made and paid; ``twice`` are numbers that were checked more than once."""
    sql = "SELECT number, count(*) AS n FROM number_checks WHERE :account IS NULL OR account = :account GROUP BY number"
    found = box.state.rows(sql, account=account)
    made = sum(row["n"] for row in found)
    return {
        "made": made,
        "numbers": len(found),
        "twice": sum(row["n"] > 1 for row in found),
        "credits": round(made * CREDITS, 2),
    }


def each(box: Sandbox, account: str | None) -> list[dict[str, Any]]:
    """Return every check, the oldest first."""
    sql = "SELECT * FROM number_checks WHERE :account IS NULL OR account = :account ORDER BY id"
    names = ("id", "account", "number", "ends")
    return [
        {**{name: row[name] for name in names}, "at": utc_iso(row["created"])}
        for row in box.state.rows(sql, account=account)
    ]


def _end(box: Sandbox, number: str) -> str:
    if number in box.features["checks"]:
        return str(box.features["checks"][number])
    drawn = Random(f"{box.seed} {number} check").random()
    for end, share in ENDS.items():
        if drawn < share:
            return end
        drawn -= share
    return "reachable"
