"""Receivers slots 1 to 9 of an account, and the tasks that clean them."""

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..clock import iso
from ..errors import Refusal, bad
from ..sandbox import Sandbox
from . import lists
from .numbers import valid

log = logging.getLogger("ovh_sandbox")
SLOTS = range(1, 10)
CLEAN_SECONDS = 0.5
PREMIUM_CREDITS = 0.1


def find(box: Sandbox, account: str, slot: int) -> sqlite3.Row:
    """Find a slot in use; refused with 404 if it is free."""
    sql = "SELECT * FROM slots WHERE account = ? AND slot = ?"
    return box.find(f"The receivers slot {slot}", sql, account, slot)


def file_of(box: Sandbox, found: sqlite3.Row) -> Path:
    """Return the path of a slot's list."""
    path: Path = box.state.files / found["file"]
    return path


def shown(found: sqlite3.Row) -> dict[str, Any]:
    """Show a slot as OVH does."""
    return {
        "autoUpdate": bool(found["auto_update"]),
        "canAutoUpdate": found["csv_url"] is not None,
        "datetime": iso(found["created"]),
        "description": found["description"],
        "records": found["records"],
        "slotId": found["slot"],
    }


def scratch(box: Sandbox) -> Path:
    """Return a path for a new file."""
    return box.state.files / f"list-{secrets.token_hex(8)}"


def fill(box: Sandbox, account: str, slot: int, about: tuple[str, bool, str | None], written: Path) -> sqlite3.Row:
    """Check a list and put it into a free slot; refused with 400 for the list, with 409 for the slot.

    :param about: description, whether to update it before each job, the address to update it from.
    """
    row = (account, slot, *about, box.now, lists.check(written), written.name)
    try:
        box.state.change("INSERT INTO slots VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row)
    except sqlite3.IntegrityError:
        raise Refusal(409, f"The receivers slot {slot} is already in use") from None
    return find(box, account, slot)


def refresh(box: Sandbox, account: str, found: sqlite3.Row, fetch: Callable[[str, Path], None]) -> sqlite3.Row:
    """Download a slot's list again if it is to be updated before each job."""
    if not found["auto_update"] or not found["csv_url"]:
        return found
    written = scratch(box)
    fetch(found["csv_url"], written)
    _replace(box, found, written, lists.check(written))
    return find(box, account, found["slot"])


def _replace(box: Sandbox, found: sqlite3.Row, written: Path, records: int) -> None:
    changed = box.state.change(
        "UPDATE slots SET file = ?, records = ?, created = ? WHERE account = ? AND slot = ? AND file = ?",
        *(written.name, records, box.now, found["account"], found["slot"], found["file"]),
    )
    (file_of(box, found) if changed else written).unlink(missing_ok=True)


def change(box: Sandbox, found: sqlite3.Row, *, description: str | None, auto_update: bool | None) -> None:
    """Change the description of a slot, or whether it is updated."""
    if auto_update and not found["csv_url"]:
        raise bad("[autoUpdate] This list was not made from a csvUrl")
    box.state.change(
        "UPDATE slots SET description = coalesce(?, description), auto_update = coalesce(?, auto_update)"
        " WHERE account = ? AND slot = ?",
        *(description, auto_update, found["account"], found["slot"]),
    )


def delete(box: Sandbox, found: sqlite3.Row) -> None:
    """Free a slot."""
    box.state.change("DELETE FROM slots WHERE account = ? AND slot = ?", found["account"], found["slot"])
    file_of(box, found).unlink(missing_ok=True)


def clean(box: Sandbox, found: sqlite3.Row, *, freemium: bool, price_only: bool) -> dict[str, Any]:
    """Begin to clean a slot; with ``price_only`` nothing is done and the task is 0."""
    account = found["account"]
    cost = 0.0 if freemium else round(found["records"] * PREMIUM_CREDITS, 2)
    if price_only:
        return {"taskId": 0, "totalCreditsRemoved": cost}
    with box.state.write() as db:
        box.spend(account.partition("/")[0], cost)
        task: int = db.execute(
            "INSERT INTO tasks (account, slot, premium, status, step) VALUES (?, ?, ?, 'todo', 'starting')"
            " RETURNING id",
            (account, found["slot"], not freemium),
        ).fetchone()[0]
    box.workers.submit(_clean, box, task)
    return {"taskId": task, "totalCreditsRemoved": cost}


def resume(box: Sandbox) -> None:
    """Continue the tasks that were started before the last stop."""
    for row in box.state.rows("SELECT id FROM tasks WHERE status IN ('todo', 'doing')"):
        box.workers.submit(_clean, box, row["id"])


def _clean(box: Sandbox, task: int) -> None:
    box.state.change("UPDATE tasks SET status = 'doing', step = 'finishing' WHERE id = ?", task)
    time.sleep(CLEAN_SECONDS)
    about = box.state.row("SELECT account, slot FROM tasks WHERE id = ?", task)
    if about is None:  # the world was reset meanwhile
        return
    status = "error"
    try:
        found = find(box, about["account"], about["slot"])
        written = scratch(box)
        _replace(box, found, written, lists.clean(file_of(box, found), written, valid))
        status = "done"
    except Refusal as refusal:  # the slot was freed meanwhile
        log.info("a list could not be cleaned: %s", refusal)
    except Exception:
        log.exception("a list could not be cleaned")
    box.state.change("UPDATE tasks SET status = ? WHERE id = ?", status, task)
