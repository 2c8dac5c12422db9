"""`make bench`: measure, compare, write build/bench.json."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.lists import BenchList, write_list

OUT = Path("build/bench.json")
RUNS = 3


class DifferentResults(Exception):
    """The engine and the obvious way do not agree: their times cannot be compared."""


def measure(engine: str, made: BenchList, runs: int) -> dict[str, Any]:
    """Run one engine several times, each in a process of its own; the median counts."""
    command = [sys.executable, "-m", "bench.engines", engine, str(made.path), str(made.suppressed)]
    found = []
    for _ in range(runs):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
        found.append(json.loads(done.stdout))
        print(f"  {engine:<9}{found[-1]['seconds']:8.2f} s {found[-1]['peak_rss_mb']:7.0f} MB", flush=True)
    same = {name: found[0][name] for name in ("accepted", "parts", "digest")}
    return {
        "seconds": statistics.median(each["seconds"] for each in found),
        "peak_rss_mb": max(each["peak_rss_mb"] for each in found),
        **same,
    }


def compare(name: str, made: BenchList) -> dict[str, Any]:
    """Measure this package beside the obvious way on one list.

    :raises DifferentResults: where they accept other numbers or count other parts.
    """
    print(f"{name}: {made.rows:,} rows", flush=True)
    ours, other = measure("ours", made, RUNS), measure("baseline", made, RUNS)
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


def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder:
        found = [compare("contacts_100k", write_list(Path(folder), 100_000))]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for each in found:
        print(f"{each['name']}: {each['ratio']} × the obvious way, {each['peak_rss_mb']:.0f} MB")
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
