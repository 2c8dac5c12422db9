"""The messages of one submission as tables: for a spreadsheet, and as Parquet for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.columns import converted
from ovh_sms.messaging.delivery_status import DeliveryStatus, action_after, cause
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.private_files import private_file
from ovh_sms.report.files import FAILED, MESSAGES, MESSAGES_PARQUET

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: Delivery statuses of the messages that `failed.csv` holds.
LOST = (DeliveryStatus.FAILED.value, DeliveryStatus.EXPIRED.value)
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
    "what_to_do",
    "delivery_receipt",
    "operator_code",
    "operator",
    "segments",
    "operator_words",
    "resend_of",
)
#: Columns that a receiver's page needs: all but those that only OVH's support asks for.
RECEIVER_COLUMNS = tuple(name for name in COLUMNS if name not in {"delivery_receipt", "operator_words", "resend_of"})
_MOMENTS = ("created_at", "sent_at", "delivered_at")
#: Found from other columns: they are in no table for programs.
_FOUND = ("cause", "what_to_do")
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_TEXTS = ("tag", "receiver", "sender", "delivery_status", "operator", "operator_words")


def header(columns: Sequence[str]) -> list[str]:
    """Name columns as in the first line of a CSV: moments with their zone."""
    return [f"{name}_utc" if name in _MOMENTS else name for name in columns]


def cells(block: Mapping[str, Sequence[Any]], columns: Sequence[str]) -> list[Sequence[Any]]:
    """Write the cells of some messages, column by column.

    :param block: values by the names of their fields.
    """
    found = dict(block)
    found |= {name: converted(block[name], _text) for name in _TEXTS if name in columns}
    found |= {name: converted(block[name], _moment) for name in _MOMENTS}
    ends = tuple(zip(block["operator_code"], block["delivery_status"], strict=True))
    found["cause"] = converted(ends, lambda end: _cause(*end))
    found["what_to_do"] = converted(ends, lambda end: what_to_do(*end))
    return [found[name] for name in columns]


@lru_cache(maxsize=1024)
def what_to_do(code: int | None, status: str) -> str:
    """Return what to do with the number of a message: ``keep``, ``retry``, ``remove``; empty if it did not fail."""
    return action_after(code, DeliveryStatus(status)).value if status in LOST else ""


def write_tables(store: Store, tag: str, folder: Path) -> int:
    """Write ``messages.csv``, ``messages.parquet``, and ``failed.csv`` with those that failed or expired.

    The CSV files are ``;`` separated UTF-8, with moments in UTC as their columns say, and no texts. A value that a
    spreadsheet would run as a formula gets an apostrophe in front. Phone numbers keep their ``+``: after it they hold
    digits alone, so they can compute nothing. Each file is written beside and renamed at the end, so that it is whole
    or absent; as it holds numbers, its owner alone may read it.

    :returns: number of messages.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    written, schema = 0, _parquet_schema()
    with (
        _csv(folder / MESSAGES) as messages,
        _csv(folder / FAILED) as failed,
        _whole(folder / MESSAGES_PARQUET) as path,
        path.open("wb") as file,
        pq.ParquetWriter(file, schema) as parquet,
    ):
        for block in _blocks(store, tag):
            found = cells(block, COLUMNS)
            messages.writerows(zip(*found, strict=True))
            is_lost = (status in LOST for status in block["delivery_status"])
            failed.writerows(compress(zip(*found, strict=True), is_lost))
            columns = [_arrow(block[field.name], field.type) for field in schema]
            parquet.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            written += len(block["tag"])
    return written


def _blocks(store: Store, tag: str) -> Iterator[dict[str, Sequence[Any]]]:
    """The messages of a submission, each with OVH's id of the failed one that it was sent in place of."""
    failed = store.resent_messages.failed_ids(tag)
    for block in store.messages.columns(tag):
        yield {**block, "resend_of": [failed.get(each) for each in block["outgoing_id"]]}


def _parquet_schema() -> Any:
    import pyarrow as pa

    moment, kinds = pa.timestamp("us", tz="UTC"), {"outgoing_id": pa.int64(), "resend_of": pa.int64()}
    kinds |= dict.fromkeys(_MOMENTS, moment)
    kinds |= dict.fromkeys(("delivery_receipt", "operator_code", "segments"), pa.int32())
    names = [name for name in COLUMNS if name not in _FOUND]
    return pa.schema([(name, kinds.get(name, pa.string())) for name in names])


def _arrow(values: Sequence[Any], kind: Any) -> Any:
    """Convert a column with gaps to a pyarrow array."""
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_integers, of_texts, with_nulls

    if kind == pa.string():
        return with_nulls(of_texts([value or "" for value in values]), values)
    numbers = converted(values, _microseconds) if pa.types.is_timestamp(kind) else values
    return with_nulls(of_integers([number or 0 for number in numbers]).cast(kind), values)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


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
        writer.writerow(header(COLUMNS))
        yield writer


def _text(text: str | None) -> str:
    return safe_cell(text or "")


def _cause(code: int | None, status: str) -> str:
    return safe_cell(cause(code, DeliveryStatus(status)))


def _moment(moment: datetime | None) -> str:
    return str(moment)[:19] if moment else ""
