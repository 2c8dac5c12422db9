"""The messages of one submission as a table for a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.private_files import private_file

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.store.models import Message
    from ovh_sms.store.store import Store

COLUMNS = (
    "outgoing_id",
    "tag",
    "receiver",
    "sender",
    "created_at",
    "sent_at",
    "delivered_at",
    "delivery_status",
    "cause",
    "delivery_receipt",
    "operator_code",
    "operator",
    "segments",
)


def write_csv(store: Store, tag: str, path: Path) -> int:
    """Write the messages of one submission: ``;`` separated, UTF-8, moments in UTC; their text is not in it.

    A value that a spreadsheet would run as a formula gets an apostrophe in front. Phone numbers keep their
    ``+``: after it they hold digits alone, so they can compute nothing.

    :param path: written beside and renamed at the end, so that it is whole or absent; as it holds numbers, its
        owner alone may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    written = 0
    with private_file(unfinished).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        for message in store.messages.iter(tag):
            writer.writerow(_cells(message))
            written += 1
    unfinished.replace(path)
    return written


def _cells(message: Message) -> list[str | int | None]:
    return [
        message.outgoing_id,
        safe_cell(message.tag),
        safe_cell(message.receiver),
        safe_cell(message.sender),
        _moment(message.created_at),
        _moment(message.sent_at),
        _moment(message.delivered_at),
        safe_cell(message.delivery_status),
        safe_cell(cause(message.operator_code, DeliveryStatus(message.delivery_status))),
        message.delivery_receipt,
        message.operator_code,
        safe_cell(message.operator or ""),
        message.segments,
    ]


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""
