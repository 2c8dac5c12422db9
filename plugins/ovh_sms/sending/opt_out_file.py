"""Publishes who is suppressed as one Parquet file, which other programs read: a CRM, a shop."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.write.batch_writer import temporary
from ovh_sms.private_files import private_file, private_folder
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: Its folder below the data folder, and its name.
FOLDER, NAME = "published", "opt_outs.parquet"
#: The columns of the file, in their order.
COLUMNS = ("number", "number_hash", "reason", "since", "failures", "account", "campaign", "run_id", "stored_at")
_NOTES = "ovh_sms"
#: Writes of the file by one task, while its rows change.
_MOST_WRITES = 5


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """The file as it was written.

    :param counts: people by reason.
    :param digest: of the rows.
    :param is_new: whether it has other rows than the file before, or this very writer wrote that one, or that one was
        never announced.
    """

    path: Path
    counts: dict[str, int]
    digest: str
    is_new: bool


def opt_out_file() -> Path:
    """Return the path of the file; it may not exist yet."""
    return data_path() / FOLDER / NAME


def last_writer() -> dict[str, Any] | None:
    """Return the task that wrote the file; ``None`` if there is no file, or a purge wrote it."""
    found = _notes(opt_out_file()).get("writer")
    return found if isinstance(found, dict) else None


def publish_opt_outs(store: Store, *, writer: Mapping[str, Any], again: bool = False) -> PublishedFile:
    """Write the file anew, with everybody whose number or hash is kept; only the tasks' account can read it.

    One with the same rows stays as it is.

    :param writer: names the task, in the same way in each of its tries: a later try finds the file new again.
    :param again: the file was never announced: it is new, also with the same rows.
    """
    found, before = _read(store), _notes(opt_out_file())
    is_same = before.get("digest") == found.digest
    if again or not is_same:
        found = _write_newest(store, dict(writer))
    return PublishedFile(
        path=opt_out_file(),
        counts=found.counts,
        digest=found.digest,
        is_new=again or not is_same or before.get("writer") == dict(writer),
    )


def refresh_opt_outs(store: Store) -> bool:
    """Write the file anew if there is one and numbers were removed: the next task that publishes finds it new.

    :returns: whether there is one.
    """
    path = opt_out_file()
    if not path.is_file():
        return False
    if _notes(path).get("digest") != _read(store).digest:
        _write_newest(store, None)
    return True


class _Rows:
    """Counts the rows that pass, and computes their digest; all of them may not fit into memory."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._hash = hashlib.sha256()

    def add(self, block: Sequence[tuple[Any, ...]]) -> None:
        at = COLUMNS.index("reason")
        for reason, count in Counter(row[at] for row in block).items():
            self.counts[reason] = self.counts.get(reason, 0) + count
        self._hash.update(json.dumps(block, default=_plain, separators=(",", ":")).encode())

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _read(store: Store) -> _Rows:
    """Read the rows of this moment."""
    rows = _Rows()
    for block in store.suppressed.published_blocks(COLUMNS):
        rows.add(block)
    return rows


def _write_newest(store: Store, writer: dict[str, Any] | None) -> _Rows:
    """Write the rows, and once more if they changed: nobody who is erased meanwhile comes back with an older read.

    :param writer: ``None`` has the next task that publishes find the file new.
    :returns: the rows of the file.
    """
    for _ in range(_MOST_WRITES):
        written = _write(store, opt_out_file(), writer)
        if _read(store).digest == written.digest:
            break
    return written


def _write(store: Store, path: Path, writer: dict[str, Any] | None) -> _Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    private_folder(path.parent)
    schema, rows = _schema(), _Rows()
    unfinished = private_file(temporary(path))  # two tasks may write at once
    try:
        with unfinished.open("wb") as target, pq.ParquetWriter(target, schema) as file:
            for block in store.suppressed.published_blocks(COLUMNS):
                rows.add(block)
                columns = zip(zip(*block, strict=True), schema, strict=True)
                arrays = [pa.array(each, field.type) for each, field in columns]
                file.write_table(pa.Table.from_arrays(arrays, schema=schema))
            notes = {} if writer is None else {"digest": rows.digest, "writer": writer}
            file.add_key_value_metadata({_NOTES: json.dumps(notes)})
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _schema() -> Any:
    import pyarrow as pa

    kinds = {"since": pa.timestamp("us", tz="UTC"), "stored_at": pa.timestamp("us", tz="UTC"), "failures": pa.int32()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


def _notes(path: Path) -> dict[str, Any]:
    """Digest and writer of a file; nothing if there is none, or it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            found = json.loads((pq.read_metadata(file).metadata or {}).get(_NOTES.encode(), b"{}"))
    except (OSError, pa.ArrowInvalid, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
