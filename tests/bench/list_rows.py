"""Rows of the report about contact lists: this package beside other engines and readers, each in its own process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.lists import BenchList, write_list, write_table

BYTECODE = Path("build/bytecode")
RUNS = 3
MILLION = 1_000_000
SAME = ("accepted", "segments", "digest")


class DifferentResults(Exception):
    """Two engines do not agree: their times cannot be compared."""


def measure(engine: str, made: BenchList) -> dict[str, Any]:
    """Run one engine several times, each in a process of its own; the median counts."""
    command = [sys.executable, "-m", "bench.engines", engine, str(made.path), str(made.suppressed)]
    found = []
    # Compiled modules are kept as by default: the first run compiles them.
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(BYTECODE.resolve())}
    for _ in range(RUNS):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, timeout=1800, env={**os.environ, **kept}
        )
        found.append(json.loads(done.stdout))
        print(f"  {engine:<9}{found[-1]['seconds']:8.2f} s {found[-1]['peak_rss_mb']:7.0f} MB", flush=True)
    return {
        "seconds": statistics.median(each["seconds"] for each in found),
        "peak_rss_mb": max(each["peak_rss_mb"] for each in found),
        **{name: found[0][name] for name in SAME},
    }


def row(name: str, made: BenchList, other: str) -> dict[str, Any]:
    """Measure this package beside another engine that does the same; the ratio is its time to ours.

    :raises DifferentResults: they accept other numbers or count other segments.
    """
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours, theirs = measure("ours", made), measure(other, made)
    _check_same(name, ours, other, theirs)
    return _row(name, made, ours, other, theirs, theirs["seconds"] / ours["seconds"])


def reader_row(name: str, made: BenchList, other: str) -> dict[str, Any]:
    """Measure this package beside a bare reader, or beside itself on another list; the ratio is its time to theirs.

    :raises DifferentResults: this package gives other results for the same rows in another kind of file.
    """
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours, theirs = measure("ours", made), measure(other, made)
    if other == "ours_csv":
        _check_same(name, ours, other, theirs)
    return _row(name, made, ours, other, theirs, ours["seconds"] / theirs["seconds"])


def linear_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure this package on a long list beside a tenth of it; the ratio is the time of a row to that of the tenth."""
    made, tenth = write_list(folder, 10 * MILLION), write_list(folder, MILLION)
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours, theirs = measure("ours", made), measure("ours", tenth)
    return _row(name, made, ours, "ours, a tenth of the rows", theirs, ours["seconds"] / (10 * theirs["seconds"]))


def query_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure a query's rows beside the driver that fetches them and does nothing with them.

    :returns: the row; with the reason alone where there is no PostgreSQL.
    :raises DifferentResults: the same rows in a file give other results.
    """
    from support.postgresql import new_database, running_postgresql

    made = write_list(folder, MILLION)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgresql())
        except pytest.skip.Exception as reason:
            print(f"{name}: skipped: {reason}", flush=True)
            return {"name": name, "skipped": str(reason)}
        print(f"{name}: {made.rows:,} rows", flush=True)
        query = write_table(made, new_database(server))
        ours, theirs = measure("ours_sql", query), measure("driver", query)
        _check_same(name, ours, "ours", measure("ours", made))
    return _row(name, made, ours, "driver", theirs, ours["seconds"] / theirs["seconds"])


def _check_same(name: str, ours: dict[str, Any], other: str, theirs: dict[str, Any]) -> None:
    for fact in SAME:
        if ours[fact] != theirs[fact]:
            raise DifferentResults(f"{name}: {fact} {ours[fact]}, {other} has {theirs[fact]}")


def _row(
    name: str, made: BenchList, ours: dict[str, Any], other: str, theirs: dict[str, Any], ratio: float
) -> dict[str, Any]:
    return {
        "name": name,
        "rows": made.rows,
        "seconds": round(ours["seconds"], 3),
        "ratio": round(ratio, 2),
        "peak_rss_mb": round(ours["peak_rss_mb"], 1),
        "baseline": other,
        "baseline_seconds": round(theirs["seconds"], 3),
        "baseline_peak_rss_mb": round(theirs["peak_rss_mb"], 1),
        "load": round(os.getloadavg()[0], 2),
    }
