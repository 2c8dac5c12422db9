"""The messages of one submission as tables: for a spreadsheet, and as Parquet for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.private_files import private_file
from ovh_sms.report.files import FAILED, MESSAGES, MESSAGES_PARQUET

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.store.models import Message
    from ovh_sms.store.store import Store

#: Delivery statuses of the messages that `failed.csv` holds.
LOST = (DeliveryStatus.FAILED.value, DeliveryStatus.EXPIRED.value)
_BLOCK = 20_000
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
    "operator_words",
)


def write_csv(store: Store, tag: str, path: Path) -> int:
    """Write the messages of one submission: ``;`` separated, UTF-8, moments in UTC; their text is not in it.

    A value that a spreadsheet would run as a formula gets an apostrophe in front. Phone numbers keep their
    ``+``: after it they hold digits alone, so they can compute nothing.

    :param path: written beside and renamed at the end, so that it is whole or absent; as it holds numbers, its
        owner alone may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with _csv(path) as writer:
        for message in store.messages.iter(tag):
            writer.writerow(_cells(message))
            written += 1
    return written


def write_tables(store: Store, tag: str, folder: Path) -> int:
    """Write ``messages.csv``, ``messages.parquet``, and ``failed.csv`` with those that failed or expired.

    :returns: number of messages.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    written, block, schema = 0, [], _parquet_schema()
    with (
        _csv(folder / MESSAGES) as messages,
        _csv(folder / FAILED) as failed,
        _whole(folder / MESSAGES_PARQUET) as path,
        pq.ParquetWriter(path, schema) as parquet,
    ):
        for message in store.messages.iter(tag):
            cells = _cells(message)
            messages.writerow(cells)
            if message.delivery_status in LOST:
                failed.writerow(cells)
            block.append(message)
            written += 1
            if len(block) == _BLOCK:
                parquet.write_table(_arrow(pa, schema, block))
                block = []
        parquet.write_table(_arrow(pa, schema, block))
    return written


def _parquet_schema() -> Any:
    import pyarrow as pa

    moment, kinds = pa.timestamp("us", tz="UTC"), {"outgoing_id": pa.int64()}
    kinds |= dict.fromkeys(("created_at", "sent_at", "delivered_at"), moment)
    kinds |= dict.fromkeys(("delivery_receipt", "operator_code", "segments"), pa.int32())
    names = [name for name in COLUMNS if name != "cause"]
    return pa.schema([(name, kinds.get(name, pa.string())) for name in names])


def _arrow(pa: Any, schema: Any, block: list[Message]) -> Any:
    return pa.table({name: [getattr(each, name) for each in block] for name in schema.names}, schema=schema)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file written beside and renamed at the end; as it holds numbers, its owner alone may read it."""
    unfinished = path.with_name(f"{path.name}.part")
    yield private_file(unfinished)
    unfinished.replace(path)


@contextmanager
def _csv(path: Path) -> Iterator[Any]:
    with _whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        yield writer


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
        _cause(message.operator_code, message.delivery_status),
        message.delivery_receipt,
        message.operator_code,
        safe_cell(message.operator or ""),
        message.segments,
        safe_cell(message.operator_words or ""),
    ]


@lru_cache(maxsize=4096)
def _cause(code: int | None, status: str) -> str:
    return safe_cell(cause(code, DeliveryStatus(status)))


def _moment(moment: datetime | None) -> str:
    return str(moment)[:19] if moment else ""
