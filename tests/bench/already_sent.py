"""The cost of the search for people who were already sent to: once in *prepare*, and once more in the claim.

A process of its own measures, so that its peak memory is its own. Prints JSON: seconds, and memory beyond that of the
list and the libraries that *prepare* uses anyway. Half of the list is already sent.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.engines import COLUMNS, MESSAGE
from bench.lists import FIRST, TOWNS
from ovh_sms.sending.repeats import RunMessage
from ovh_sms.store.store import Store

LIST, RESULTS = "prepared.csv", "results.sqlite"
FIRST_NUMBER = 33_600_000_000
BLOCK = 1 << 16


def make(folder: Path, rows: int) -> None:
    """Write a prepared list, and a store that knows another run which sent to every second row of it."""
    from sqlalchemy import insert

    from ovh_sms.contacts.classify.receiver_digests import list_digests
    from ovh_sms.store import tables
    from ovh_sms.store.attempt_receivers import record
    from ovh_sms.store.models import SUCCEEDED
    from support.journal_rows import journal_row
    from support.stores import new_store

    chance = np.random.default_rng(1)
    numbers = FIRST_NUMBER + chance.choice(99_999_999, rows, replace=False)
    points = chance.integers(0, 10_000, rows)
    with (folder / LIST).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter=";", lineterminator="\n")
        lines.writerow(("number", *COLUMNS))
        for at, (number, point) in enumerate(zip(numbers.tolist(), points.tolist(), strict=True)):
            lines.writerow((f"+{number}", FIRST[at % 10], point, TOWNS[at % 7]))
    store = new_store(folder / RESULTS)
    earlier = run("one")
    half = list_digests(folder / LIST, earlier.digester(store), only=numbers[::2].tolist())
    now = datetime.now(UTC)
    with store.database.writing() as connection:
        connection.execute(insert(tables.attempts).values(journal_row("one", 1, SUCCEEDED, now)))
        record(connection, earlier.rule(), tag="one", attempt=1, digests=half, claimed_at=now)
    store.close()


def run(name: str) -> RunMessage:
    """Return a run's message; transactional, as its digests hold the merged text."""
    about = {"account": "a", "dag_id": "d", "run_id": name, "planned_at": None}
    return RunMessage(message=MESSAGE, marketing=False, force=True, **about)


def measure(folder: Path) -> dict[str, Any]:
    """Search the list for people who were already sent to, then claim it."""
    from ovh_sms.contacts.classify.receiver_digests import list_digests
    from ovh_sms.store.attempt_receivers import check_and_record

    store = Store(f"sqlite:///{folder / RESULTS}")
    store.identity.read()
    keys, columns = read_columns(folder / LIST)
    again, repeats = run("two"), len(keys) // 2
    before, started = resident_mb(), time.perf_counter()
    check = again.already_sent(store)
    for start in range(0, len(keys), BLOCK):
        check.rejects(
            keys[start : start + BLOCK], {name: column.slice(start, BLOCK) for name, column in columns.items()}
        )
    prepared = time.perf_counter()
    digests = list_digests(folder / LIST, again.digester(store))
    with store.database.writing(durable=True) as connection:
        claimed = check_and_record(connection, again.claimed(digests), tag="two", attempt=1, now=datetime.now(UTC))
    ended = time.perf_counter()
    if not check.repeated == claimed == repeats:
        sys.exit(f"{check.repeated} and {claimed} found, {repeats} are already sent.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = {"seconds": ended - started, "prepare_seconds": prepared - started, "claim_seconds": ended - prepared}
    return seconds | {"rss_growth_mb": peak - before}


def read_columns(path: Path) -> tuple[Any, dict[str, Any]]:
    """Read the list as *prepare* has it in memory."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    from ovh_sms.messaging.arrow_arrays import integers_in

    names = ("number", *COLUMNS)
    table = arrow_csv.read_csv(
        path,
        parse_options=arrow_csv.ParseOptions(delimiter=";"),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    texts = {name: table[name].combine_chunks() for name in COLUMNS}
    # Without to_numpy, which imports pandas: that belongs to the search.
    keys = integers_in(pc.utf8_ltrim(table["number"].combine_chunks(), "+").cast(pa.int64()))
    return keys, texts


def resident_mb() -> float:
    """Return the memory that this process uses now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
