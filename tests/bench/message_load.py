"""Load a million messages into the results, beside the bare load of the same rows, in a process of its own.

Prints JSON: seconds, and memory beyond that of the libraries and the database's connection. The bare load is one COPY
or one executemany of the same messages into an identical table, in one transaction, without a check.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from ovh_sms.store.models import MESSAGE_FIELDS, Message, SubmissionRecord
from ovh_sms.store.store import Store

TAG, ACCOUNT = "bench", "sms-sb00001-1"
COLUMNS = ("account", *MESSAGE_FIELDS)
NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
#: OVH dates messages in whole seconds.
SENT_PER_SECOND = 100
#: Loaded before the measurement, which then holds no import and no first connection.
FIRST = 100


def messages(rows: int) -> Iterator[Message]:
    """Make messages as an export gives them, one by one."""
    for at in range(rows):
        sent = NOON + timedelta(seconds=at // SENT_PER_SECOND)
        yield Message(
            outgoing_id=100_000_000 + at,
            tag=TAG,
            receiver=f"+336{at * 37 % 100_000_000:08d}",
            sender="MYSHOP",
            created_at=NOON,
            sent_at=sent,
            delivered_at=sent + timedelta(seconds=at % 90) if at % 25 else None,
            delivery_receipt=None,
            operator_code=1 if at % 25 else 3,
            operator="20801",
            delivery_status="delivered" if at % 25 else "failed",
            segments=1 + at % 2,
        )


def ours(store: Store, rows: int) -> None:
    """Load them with this package."""
    if store.messages.save(TAG, messages(rows)) != rows:
        sys.exit("Messages are missing.")


def bare(store: Store, rows: int) -> None:
    """Load them with the driver alone."""
    values = attrgetter(*MESSAGE_FIELDS)
    with store.database.writing() as connection, closing(connection.connection.cursor()) as cursor:
        if connection.dialect.name == "postgresql":
            cursor.copy_expert(f"COPY ovh_sms_messages ({', '.join(COLUMNS)}) FROM STDIN", _CopyText(messages(rows)))
        else:
            marks = ", ".join("?" * len(COLUMNS))
            insert = f"INSERT INTO ovh_sms_messages ({', '.join(COLUMNS)}) VALUES ({marks})"
            cursor.executemany(insert, ((ACCOUNT, *map(_plain, values(each))) for each in messages(rows)))


class _CopyText:
    """The messages as a file in COPY's text format, read block by block."""

    def __init__(self, source: Iterator[Message]) -> None:
        self._source = source
        self._values = attrgetter(*MESSAGE_FIELDS)
        self._rest = ""

    def read(self, size: int) -> str:
        texts, length = [self._rest], len(self._rest)
        while length < size and (each := next(self._source, None)) is not None:
            cells = ["\\N" if value is None else str(value) for value in self._values(each)]
            texts.append("\t".join((ACCOUNT, *cells)) + "\n")
            length += len(texts[-1])
        text = "".join(texts)
        self._rest = text[size:]
        return text[:size]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, datetime) else value


def measure(url: str, rows: int, how: str) -> dict[str, Any]:
    """Load a new database's first messages, then all of them; the latter is measured."""
    from support.stores import new_store

    store, load = new_store(url), {"ours": ours, "bare": bare}[how]
    store.submissions.start(
        SubmissionRecord(
            tag=TAG, campaign="bench", dag_id="bench", run_id="bench", account=ACCOUNT, sender="MYSHOP",
            marketing=True, message_digest="ab" * 32, list_digest="cd" * 32, rows=rows, accepted=rows,
        )
    )  # fmt: skip
    load(store, FIRST)
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM ovh_sms_messages")
    Path("/proc/self/clear_refs").write_text("5")  # from here on the peak is counted anew
    before, started = _peak_mb(), time.perf_counter()
    load(store, rows)
    seconds = time.perf_counter() - started
    growth, count = _peak_mb() - before, store.messages.count(TAG)
    store.close()
    if count != rows:
        sys.exit(f"{count} of {rows} messages are stored.")
    return {"seconds": seconds, "rss_growth_mb": growth}


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
