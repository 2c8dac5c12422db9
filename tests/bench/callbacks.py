"""OVH's calls against Airflow's real API server, over loopback: 1,100 a second for a minute.

Calls are made at planned moments, and their time counts from these: a server that stands still is not measured less.
Prints JSON: calls answered in a second, the 99th percentile in milliseconds, calls that were accepted and are not
stored, callbacks that are stored twice, the memory that the server has gained since it was warm, and the processor's
time for a call, of the server and of this process: these hold on a busy machine, too. Ten more seconds are measured
with a new connection for each call.
"""

from __future__ import annotations

import json
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.caller import FORGED, Found, make_calls, run

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

PER_SECOND, SECONDS, WARM_UP, NEW_CONNECTIONS = 1_100, 60, 5, 10
ACCOUNT = "sms-sb00001-1"
#: Ids of the calls that are counted; those that warm the server up are below.
FIRST = 10_000_000


def measure(folder: Path, workers: str) -> dict[str, float]:
    """Start the server, warm it up, and call it."""
    from support.airflow_pages import airflow_pages
    from support.callbacks import valid_secret
    from support.stores import new_store

    store = new_store(folder / "data" / "results.sqlite")
    secret = valid_secret(store, ACCOUNT)
    with airflow_pages(folder, [], AIRFLOW__API__WORKERS=workers) as pages:

        def load(first: int, seconds: int, *, keeps: bool = True) -> Found:
            how = {"calls": PER_SECOND * seconds, "per_second": PER_SECOND, "keeps": keeps}
            return run(partial(make_calls, pages.address, secret, first, **how))

        load(1_000_000, WARM_UP)
        memory, cpu = _server()
        found = load(FIRST, SECONDS)
        memory_then, cpu_then = _server()
        anew = load(2 * FIRST, NEW_CONNECTIONS, keeps=False)
    stored = _stored(store)
    if found.wrong or anew.wrong:
        sys.exit(f"{found.wrong + anew.wrong} calls had another answer than they must have.")
    _check_counts(store, found.repeated + anew.repeated)
    calls = len(found.took)
    return {
        "per_second": calls / found.ended,
        "p50_ms": 1000 * statistics.median(found.took),
        "p99_ms": _p99_ms(found),
        "lost": len((found.stored | anew.stored) - stored.keys()),
        "doubled": sum(rows - 1 for rows in stored.values()),
        "rss_growth_mb": memory_then - memory,
        "server_cpu_us": 1e6 * (cpu_then - cpu) / calls,
        "caller_cpu_us": 1e6 * found.cpu / calls,
        "new_connections_per_second": len(anew.took) / anew.ended,
        "new_connections_p99_ms": _p99_ms(anew),
    }


def _p99_ms(found: Found) -> float:
    return 1000 * statistics.quantiles(found.took, n=100)[-1]


def _stored(store: Store) -> dict[int, int]:
    """The rows of each id of the measurement."""
    from sqlalchemy import func, select

    from ovh_sms.store.callback_tables import callbacks

    query = select(callbacks.c.ovh_id, func.count()).group_by(callbacks.c.ovh_id)
    with store.database.reading() as connection:
        found = {int(row[0]): int(row[1]) for row in connection.execute(query)}
    return {number: rows for number, rows in found.items() if number >= FIRST}


def _check_counts(store: Store, repeated: int) -> None:
    """Compare the counts of the results with those of the calls, also of those that warmed the server up."""
    from datetime import UTC, datetime, timedelta

    counted: dict[str, int] = {}
    for each in store.callbacks.counts(datetime.now(UTC).date() - timedelta(days=1)):
        counted[each.result] = counted.get(each.result, 0) + each.calls
    everything = PER_SECOND * (WARM_UP + SECONDS + NEW_CONNECTIONS)
    if sum(counted.values()) != everything or counted.get("forged") != everything * FORGED // 100:
        sys.exit(f"{everything} calls were made, and {counted} are counted.")
    if counted["repeated"] < repeated:
        sys.exit(f"{repeated} calls were repeated, and {counted['repeated']} are counted.")


def _server() -> tuple[float, float]:
    """Memory in MB and seconds of the processor of the server: the only child of this process, with its workers."""
    import psutil

    memory = cpu = 0.0
    for each in psutil.Process().children(recursive=True):
        times = each.cpu_times()
        memory, cpu = memory + each.memory_info().rss / 2**20, cpu + times.user + times.system
    return memory, cpu


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *(sys.argv[2:] or ["1"]))), flush=True)
