"""Rows of the report about the results database: messages loaded by this package beside the bare driver."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.list_rows import MILLION, RUNS


def sqlite_load_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure a million messages into a SQLite file, beside one executemany of the same rows."""
    files = iter(range(2 * RUNS))
    return _row(name, lambda: f"sqlite:///{folder}/results{next(files)}.sqlite", "executemany")


def postgresql_load_row(name: str, _folder: Path) -> dict[str, Any]:
    """Measure a million messages into PostgreSQL, beside one COPY of the same rows.

    :returns: the row; with the reason alone if there is no PostgreSQL.
    """
    from support.postgresql import new_database, running_postgresql

    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgresql())
        except pytest.skip.Exception as reason:
            print(f"{name}: skipped: {reason}", flush=True)
            return {"name": name, "skipped": str(reason)}
        return _row(name, lambda: new_database(server), "COPY")


def _row(name: str, new_url: Callable[[], str], baseline: str) -> dict[str, Any]:
    """Measure both by turns, each time in a new database and a process of its own; the median counts."""
    print(f"{name}: {MILLION:,} messages", flush=True)
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
    for _ in range(RUNS):
        for how, runs in found.items():
            command = [sys.executable, "-m", "bench.message_load", new_url(), str(MILLION), how]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
            runs.append(json.loads(done.stdout))
            print(f"  {how:<9}{runs[-1]['seconds']:8.2f} s {runs[-1]['rss_growth_mb']:7.0f} MB more", flush=True)
    ours, bare = (statistics.median(each["seconds"] for each in runs) for runs in found.values())
    return {
        "name": name,
        "rows": MILLION,
        "seconds": round(ours, 3),
        "ratio": round(ours / bare, 2),
        "rss_growth_mb": round(max(each["rss_growth_mb"] for each in found["ours"]), 1),
        "baseline": f"bare {baseline}",
        "baseline_seconds": round(bare, 3),
        "load": round(os.getloadavg()[0], 2),
    }
