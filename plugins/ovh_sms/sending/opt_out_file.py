"""Publishes who is suppressed as one Parquet file, which other programs read: a CRM, a shop."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.private_files import private_file, private_folder
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: Its folder below the data folder, and its name.
FOLDER, NAME = "published", "opt_outs.parquet"
#: The columns of the file, in their order.
COLUMNS = ("number", "number_hash", "reason", "since", "failures", "account", "campaign", "run_id", "stored_at")
_NOTES = b"ovh_sms"


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """The file as it was written.

    :param counts: people by reason.
    :param digest: of the rows.
    :param is_new: whether it has other rows than the file before, or this very writer wrote that one.
    """

    path: Path
    counts: dict[str, int]
    digest: str
    is_new: bool


def opt_out_file() -> Path:
    """Return the path of the file; it may not exist yet."""
    return data_path() / FOLDER / NAME


def publish_opt_outs(store: Store, *, writer: str) -> PublishedFile:
    """Write the file anew, with everybody whose number or hash is kept; only the tasks' account can read it.

    One with the same rows stays as it is.

    :param writer: of the file, the same in every try of a task: a later try finds it new again.
    """
    rows = _rows(store)
    counts, digest = Counter(row[COLUMNS.index("reason")] for row in rows), _digest(rows)
    path, before = opt_out_file(), _notes(opt_out_file())
    is_same = before.get("digest") == digest
    if not is_same:
        _write(path, rows, {"digest": digest, "writer": writer})
    is_new = not is_same or before.get("writer") == writer
    return PublishedFile(path=path, counts=dict(counts), digest=digest, is_new=is_new)


def refresh_opt_outs(store: Store) -> bool:
    """Write the file anew if there is one and numbers were removed: the next task that publishes finds it new.

    :returns: whether there is one.
    """
    path = opt_out_file()
    if not path.is_file():
        return False
    rows = _rows(store)
    if _notes(path).get("digest") != _digest(rows):
        _write(path, rows, {})
    return True


def _rows(store: Store) -> list[list[Any]]:
    return [[getattr(each, name) for name in COLUMNS] for each in store.suppressed.published()]


def _digest(rows: list[list[Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, default=_plain, separators=(",", ":")).encode()).hexdigest()


def _write(path: Path, rows: list[list[Any]], notes: dict[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    private_folder(path.parent)
    schema = _schema().with_metadata({_NOTES: json.dumps(notes).encode()})
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    arrays = [pa.array(each, field.type) for each, field in zip(columns, schema, strict=True)]
    unfinished = private_file(path.with_name(f"{path.name}.{os.getpid()}"))  # two tasks may write at once
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), unfinished)
    unfinished.replace(path)


def _schema() -> Any:
    import pyarrow as pa

    kinds = {"since": pa.timestamp("us", tz="UTC"), "stored_at": pa.timestamp("us", tz="UTC"), "failures": pa.int32()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


def _notes(path: Path) -> dict[str, Any]:
    """Digest and writer of a file; nothing if there is none, or it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = json.loads((pq.read_schema(path).metadata or {}).get(_NOTES, b"{}"))
    except (OSError, pa.ArrowInvalid, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
