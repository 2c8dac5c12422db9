"""The outbox: 10,000 rows of 200 texts by one worker, and how soon single rows leave a real Airflow.

Prints JSON: POSTs, the fewest that would do, reads, rows that OVH accepts in a second, and the 95th percentile of the
seconds from a row to its acceptance, in a real Airflow whose DAG is started by its watcher, and by ``--watch``.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROWS, TEXTS = 10_000, 200
#: Receivers of one POST.
AT_ONCE = 500
#: Single rows, and the seconds between two of them: some find a run that is under way, others start one.
SINGLE, BETWEEN = 40, (1.0, 9.0)


def bulk(folder: Path) -> dict[str, Any]:
    """Send rows that wait all at once, by one worker."""
    from support.outbox import POST, Outbox, sms
    from support.sandbox import SandboxProcess
    from support.stores import new_store

    new_store(folder / "data" / "results.sqlite").close()
    rng = random.Random(1)
    rows = [sms(at, message=f"Votre commande du lot {rng.randrange(TEXTS)} est partie.") for at in range(ROWS)]
    needed = sum(math.ceil(number / AT_ONCE) for number in Counter(row.message for row in rows).values())
    with SandboxProcess(folder / "sandbox") as sandbox:
        sandbox.account(creditsLeft=ROWS)
        outbox = Outbox(sandbox, folder / "data")
        outbox.queue(*rows)
        sandbox.reset_calls()
        started = time.perf_counter()
        outbox.send()
        seconds = time.perf_counter() - started
        by_call = sandbox.calls()["by_call"]
        sent = outbox.sent()
        outbox.store.close()
    if len(sent) != ROWS or set(sent.values()) != {1}:
        sys.exit("Not every row is one SMS.")
    return {
        "posts": by_call[POST],
        "needed_posts": needed,
        "reads": sum(number for call, number in by_call.items() if call.startswith("GET")),
        "rows_per_second": ROWS / seconds,
    }


def single(folder: Path) -> dict[str, Any]:
    """Queue rows one by one beside a real Airflow."""
    from ovh_demo.local_airflow import ROOT, LocalAirflow
    from support.airflow_task import connection
    from support.outbox import Outbox, sms
    from support.sandbox import SandboxProcess

    dags, include = folder / "dags", folder / "include"
    dags.mkdir(), include.mkdir()
    (dags / "sms_outbox.py").write_text((ROOT / "dags" / "sms_outbox.py").read_text(), encoding="utf-8")
    rng = random.Random(2)
    with SandboxProcess(folder / "sandbox_of_airflow", start=None) as sandbox:
        env = {"AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(sandbox), "AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
        with LocalAirflow(folder / "airflow_home", include=include, env=env) as airflow:
            _until(lambda: "sms_outbox" in airflow.dag_ids())
            airflow.unpause("sms_outbox")
            outbox = Outbox(sandbox, Path(airflow.env["OVH_SMS_DATA"]))
            outbox.queue(sms(0))  # the first run of a new Airflow is not measured
            _until(lambda: outbox.states() == {"submitted": 1})
            idle = len(airflow.runs("sms_outbox"))
            time.sleep(20)
            if len(airflow.runs("sms_outbox")) != idle:
                sys.exit("An idle outbox made a run.")
            for at in range(1, SINGLE + 1):
                outbox.queue(sms(at))
                time.sleep(rng.uniform(*BETWEEN))
            _until(lambda: outbox.states() == {"submitted": SINGLE + 1})
            took = [_seconds(outbox.row(at)) for at in range(1, SINGLE + 1)]
            runs = len(airflow.runs("sms_outbox"))
            airflow.call("PATCH", "/dags/sms_outbox", is_paused=True)
            watched = _watched(outbox, airflow.env)
            outbox.store.close()
    return {
        "p50_latency_s": statistics.median(took),
        "p95_latency_s": statistics.quantiles(took, n=20)[-1],
        "watch_p95_latency_s": statistics.quantiles(watched, n=20)[-1],
        "runs": runs,
    }


def _watched(outbox: Any, env: dict[str, str]) -> list[float]:
    """Queue rows one by one beside ``ovh-sms outbox --watch``; the first one is not measured."""
    from support.outbox import sms

    first, rng = SINGLE + 1, random.Random(3)
    process = subprocess.Popen([sys.executable, "-m", "ovh_sms", "outbox", "--watch"], env=env)
    try:
        for at in range(first, first + SINGLE + 1):
            outbox.queue(sms(at))
            if at == first:
                _until(lambda: "pending" not in outbox.states())
            time.sleep(rng.uniform(*BETWEEN) / 3)
        _until(lambda: "pending" not in outbox.states())
    finally:
        process.terminate()
        process.wait(30)
    return [_seconds(outbox.row(at)) for at in range(first + 1, first + SINGLE + 1)]


def _seconds(row: Any) -> float:
    return float((row.ended_at - row.queued_at).total_seconds())


def _until(check: Any, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            sys.exit("It did not come to that in time.")
        time.sleep(0.5)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(json.dumps({**bulk(folder), **single(folder)}))
