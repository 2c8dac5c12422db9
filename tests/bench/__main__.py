"""`make bench`: measure, compare, write build/bench.json."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.lists import BenchList, write_foreign_list, write_list

OUT = Path("build/bench.json")
RUNS = 3


class DifferentResults(Exception):
    """The engine and the obvious way do not agree: their times cannot be compared."""


def measure(engine: str, made: BenchList, runs: int) -> dict[str, Any]:
    """Run one engine several times, each in a process of its own; the median counts."""
    command = [sys.executable, "-m", "bench.engines", engine, str(made.path), str(made.suppressed)]
    found = []
    for _ in range(runs):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
        found.append(json.loads(done.stdout))
        print(f"  {engine:<9}{found[-1]['seconds']:8.2f} s {found[-1]['peak_rss_mb']:7.0f} MB", flush=True)
    same = {name: found[0][name] for name in ("accepted", "parts", "digest")}
    return {
        "seconds": statistics.median(each["seconds"] for each in found),
        "peak_rss_mb": max(each["peak_rss_mb"] for each in found),
        **same,
    }


def compare(name: str, made: BenchList, *, runs: int = RUNS) -> dict[str, Any]:
    """Measure this package beside the obvious way on one list.

    :raises DifferentResults: where they accept other numbers or count other parts.
    """
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours, other = measure("ours", made, runs), measure("baseline", made, runs)
    for fact in ("accepted", "parts", "digest"):
        if ours[fact] != other[fact]:
            raise DifferentResults(f"{name}: {fact} {ours[fact]}, the obvious way has {other[fact]}")
    return {
        "name": name,
        "rows": made.rows,
        "seconds": round(ours["seconds"], 3),
        "baseline_seconds": round(other["seconds"], 3),
        "ratio": round(other["seconds"] / ours["seconds"], 2),
        "peak_rss_mb": round(ours["peak_rss_mb"], 1),
        "baseline_peak_rss_mb": round(other["peak_rss_mb"], 1),
    }


def alone(name: str, made: BenchList, *, runs: int = RUNS) -> dict[str, Any]:
    """Measure this package on a list too long for the obvious way."""
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours = measure("ours", made, runs)
    return {
        "name": name,
        "rows": made.rows,
        "seconds": round(ours["seconds"], 3),
        "baseline_seconds": None,
        "ratio": None,
        "peak_rss_mb": round(ours["peak_rss_mb"], 1),
    }


def main() -> None:
    """Measure everything, or what is named: ``python -m bench contacts_1m``."""
    wanted = set(sys.argv[1:])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name, run in (
            ("contacts_1m", lambda name: compare(name, write_list(here, 1_000_000))),
            ("contacts_10m", lambda name: alone(name, write_list(here, 10_000_000))),
            ("contacts_foreign_1m", lambda name: compare(name, write_foreign_list(here, 1_000_000))),
        ):
            if not wanted or name in wanted:
                found.append(run(name) | {"load": round(os.getloadavg()[0], 2)})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for each in found:
        ratio = f"{each['ratio']} × the obvious way, " if each["ratio"] else ""
        print(f"{each['name']}: {ratio}{each['seconds']} s, {each['peak_rss_mb']:.0f} MB")
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
