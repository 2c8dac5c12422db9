"""Exports of sent messages: written in the background, shown as empty until they are ready."""

import csv
import json
import logging
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from ..clock import plain
from ..sandbox import Sandbox
from . import documents
from .catalogue import description
from .messages import FROM, OUTGOING, PTT, outgoing_id
from .parts import STOP_CLAUSE
from .users import listing_of

log = logging.getLogger("ovh_sandbox")
COLUMNS = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt"
_ROWS = f"""
SELECT m.id, s.created, s.sender, m.receiver, {PTT} AS ptt, m.operator, s.tag,
  coalesce(m.message, s.message) AS message, m.stop_clause, m.sent_at, m.final_at, m.dlr
{FROM} WHERE s.account = :account AND {OUTGOING} AND {{listing}} AND (:tag IS NULL OR s.tag = :tag)
  AND (:batch IS NULL OR s.id = (SELECT b.job FROM ovh_batches b WHERE b.id = :batch))
  AND (:since IS NULL OR s.created >= :since) AND (:until IS NULL OR s.created <= :until) ORDER BY m.id
"""


def start(box: Sandbox, wanted: dict[str, Any]) -> str:
    """Begin an export and return the id of its document.

    :param wanted: ``account``, ``way`` (incoming or outgoing), ``tag``, ``batch`` (an OVH batch), ``since``, ``until``
        (seconds since 1970); ``login`` of a user, absent for the account's.
    """
    wanted = {**wanted, "now": box.now, "ready_real": box.clock.machine() + box.features["export_seconds"]}
    document = documents.create(box, f"{wanted['account']}-{wanted['way']}.csv", [], export=wanted)
    box.workers.submit(_write, box, document, wanted)
    return document


def resume(box: Sandbox) -> None:
    """Write the exports that were started before the last stop."""
    for row in box.state.rows("SELECT id, export FROM documents WHERE export IS NOT NULL AND size = 0"):
        box.workers.submit(_write, box, row["id"], json.loads(row["export"]))


def _write(box: Sandbox, document: str, wanted: dict[str, Any]) -> None:
    written = documents.path_of(box, document).with_suffix(".part")
    try:
        fill(box, written, wanted)
        documents.store(box, document, written, ready_real=wanted["ready_real"])
    except FileNotFoundError:
        log.info("an export was dropped: the world was reset meanwhile")
    except Exception:
        log.exception("an export could not be written")


def fill(box: Sandbox, path: Path, wanted: dict[str, Any]) -> None:
    """Write the rows of an export as they are at the simulated moment of its request."""
    now = wanted["now"]
    written = cache(plain)  # many messages share a second
    clause = STOP_CLAUSE if box.features["stop_in_message"] else ""
    named = {name: wanted.get(name) for name in ("account", "login", "tag", "batch", "since", "until", "now")}
    with path.open("w", encoding="utf-8", newline="") as stream, closing(box.state.connect()) as db:
        stream.write(COLUMNS + "\n")
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        if wanted["way"] == "incoming":
            return
        db.row_factory = None
        for row, created, sender, receiver, ptt, operator, tag, text, ends_in_stop, sent, final, dlr in db.execute(
            _ROWS.format(listing=listing_of(box, named["login"])), named
        ):
            delivered = written(int(final)) if now >= final and dlr == 1 else ""
            head = outgoing_id(row), written(int(created)), sender, receiver, ptt
            codes = operator, description(ptt), tag, text + clause * ends_in_stop
            writer.writerow((*head, *codes, written(int(sent)), delivered))
