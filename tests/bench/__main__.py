"""`make bench`: measure, compare, write build/bench.json. One row alone: ``python -m bench contacts_1m_rival``."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.beside_airflow import run_beside_airflow, timed_beside_airflow
from bench.list_rows import MILLION, RUNS, linear_row, query_row, reader_row, row
from bench.lists import BenchList, write_foreign_list, write_junk_list, write_list, write_parquet, write_workbook
from bench.load_rows import postgresql_load_row, sqlite_load_row
from bench.scale_rows import campaign_files_row, campaign_row, waiting_row

OUT = Path("build/bench.json")
MEMORY = {"rss_growth_mb": "MB more", "peak_rss_mb": "MB"}


def already_sent_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the search for people who were already sent to, in *prepare* and in the claim together."""
    from bench.already_sent import make

    print(f"{name}: {MILLION:,} receivers", flush=True)
    make(folder, MILLION)
    found = []
    for _ in range(RUNS):
        copy = Path(shutil.copytree(folder, Path(tempfile.mkdtemp(dir=folder.parent)), dirs_exist_ok=True))
        command = [sys.executable, "-m", "bench.already_sent", str(copy)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
        found.append(json.loads(done.stdout))
        print(f"  {'ours':<9}{found[-1]['seconds']:8.2f} s {found[-1]['rss_growth_mb']:7.0f} MB more", flush=True)
    seconds = {each: round(statistics.median(run[each] for run in found), 3) for each in found[0] if "seconds" in each}
    growth = round(max(run["rss_growth_mb"] for run in found), 1)
    return {"name": name, "rows": MILLION, **seconds, "rss_growth_mb": growth, "load": round(os.getloadavg()[0], 2)}


def lookup_row(name: str, folder: Path) -> dict[str, Any]:
    """Count the calls that decide one lost answer beside 20,000 waiting messages, which OVH reads one by one."""
    from bench.lookup import CASES, OTHERS

    print(f"{name}: {OTHERS:,} waiting messages of another program", flush=True)
    found: dict[str, dict[str, Any]] = {}
    for case in CASES:
        found[case] = run_beside_airflow("lookup", folder, case)
        print(f"  {case:<18}{found[case]['calls']:5d} calls{', asked' if found[case]['asked'] else ''}", flush=True)
    return {
        "name": name,
        "waiting": OTHERS,
        "calls": max(found[case]["calls"] for case in ("waits", "absent")),
        "calls_beside_new": found["absent_beside_new"]["calls"],
        "asked_beside_new": found["absent_beside_new"]["asked"],
        "load": round(os.getloadavg()[0], 2),
    }


def busy_key_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure a small campaign beside reports that wait; once, beside fewer, if all calls were of one class."""

    def measured(waiting: int, how: str) -> dict[str, Any]:
        found = run_beside_airflow("busy_key", folder, str(waiting), how)
        print(f"  {how:<11}{waiting:3d} reports {found['seconds']:8.1f} s {found['refused']:3d} refused", flush=True)
        return found

    print(f"{name}: 5 messages, 60 calls a minute", flush=True)
    found = [measured(WAITING, "classes") for _ in range(RUNS)]
    alike = measured(FEWER_WAITING, "one_class")
    return {
        "name": name,
        "waiting": WAITING,
        "seconds": round(statistics.median(each["seconds"] for each in found), 1),
        "refused": max(each["refused"] for each in found),
        "baseline": f"one class beside {FEWER_WAITING}",
        "baseline_seconds": round(alike["seconds"], 1),
        "load": round(os.getloadavg()[0], 2),
    }


def report_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the collection and the report of one submission."""
    from bench.report import MESSAGES

    print(f"{name}: {MESSAGES:,} messages", flush=True)
    found = [run_beside_airflow("report", folder, str(MESSAGES)) for _ in range(RUNS)]
    for each in found:
        print(f"  {each['seconds']:8.2f} s {each['api_calls']:3d} calls {each['stored_kb']:6.1f} kB", flush=True)
    return {
        "name": name,
        "messages": MESSAGES,
        "seconds": round(statistics.median(each["seconds"] for each in found), 2),
        "collect_seconds": round(statistics.median(each["collect_seconds"] for each in found), 2),
        "api_calls": max(each["api_calls"] for each in found),
        "stored_kb": round(max(each["stored_kb"] for each in found), 1),
        "load": round(os.getloadavg()[0], 2),
    }


def triggers_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure a triggerer in which campaigns wait; once, with a few of them, if each read in the loop's executor."""

    def measured(waiting: int, how: str) -> dict[str, Any]:
        found = run_beside_airflow("triggers", folder, str(waiting), how)
        print(f"  {how:<9}{waiting:5d} campaigns {found['foreign_p99_ms']:8.1f} ms", flush=True)
        return {key: round(value, 1) for key, value in found.items()}

    print(f"{name}: {TRIGGERS:,} waiting campaigns, 60 calls a minute", flush=True)
    started = time.perf_counter()
    found, few = measured(TRIGGERS, "watcher"), measured(FEW_TRIGGERS, "threads")
    return {
        "name": name,
        **found,
        "seconds": round(time.perf_counter() - started, 1),
        "baseline": f"{FEW_TRIGGERS} that read in the executor",
        "baseline_foreign_p99_ms": few["foreign_p99_ms"],
        "baseline_calls_per_minute": few["calls_per_minute"],
        "load": round(os.getloadavg()[0], 2),
    }


def callbacks_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure OVH's calls against Airflow's own API server."""
    from bench.callbacks import PER_SECOND, SECONDS

    print(f"{name}: {PER_SECOND:,} calls a second for {SECONDS} s", flush=True)
    return {
        "name": name,
        **timed_beside_airflow("callbacks", folder, "{per_second:8.1f} a second, p99 {p99_ms:.1f} ms"),
    }


def outbox_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the outbox: many rows at once, and single ones in a real Airflow."""
    from bench.outbox import ROWS, TEXTS

    print(f"{name}: {ROWS:,} rows of {TEXTS} texts, and single ones", flush=True)
    said = "{posts:d} POSTs, {reads:d} reads, p95 {p95_latency_s:.1f} s"
    return {"name": name, "rows": ROWS, **timed_beside_airflow("outbox", folder, said)}


def usage_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the usage of a month, and the same with pandas."""

    def part(what: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench.usage", str(folder), what]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if "seconds" in found:
            print(f"  {what:<9}{found['seconds']:8.2f} s {found['peak_rss_mb']:7.0f} MB", flush=True)
        return found

    print(f"{name}: {MILLION:,} messages of a month", flush=True)
    true = part("make")["credits"]
    found = [part("ours") for _ in range(RUNS)]
    other = part("pandas")
    seconds = statistics.median(each["seconds"] for each in found)
    return {
        "name": name,
        "messages": MILLION,
        "seconds": round(seconds, 2),
        "peak_rss_mb": round(max(each["peak_rss_mb"] for each in found), 1),
        "difference_credits": round(found[0]["credits"] - true, 4),
        "lines": found[0]["lines"],
        "baseline": "pandas",
        "baseline_seconds": round(other["seconds"], 2),
        "baseline_peak_rss_mb": round(other["peak_rss_mb"], 1),
        "ratio": round(seconds / other["seconds"], 2),
        "load": round(os.getloadavg()[0], 2),
    }


def dashboard_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the pages with a million messages behind them."""
    print(f"{name}: {MILLION:,} messages", flush=True)
    started = time.perf_counter()
    home = folder / "home"
    home.mkdir()
    environment = {**os.environ, "AIRFLOW_HOME": str(home / "airflow")}
    command = [sys.executable, "-m", "bench.dashboard", str(home)]
    subprocess.run([*command, "fill"], check=True, timeout=900, env=environment, stdout=subprocess.DEVNULL)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900, env=environment)
    *lines, last = [line for line in done.stdout.splitlines() if line.startswith((" ", "{"))]
    print("\n".join(lines), flush=True)
    found = {key: round(value, 1) for key, value in json.loads(last).items()}
    seconds = round(time.perf_counter() - started, 1)
    return {"name": name, "rows": MILLION, **found, "seconds": seconds, "load": round(os.getloadavg()[0], 2)}


#: The rows of the report: how the list is made, its rows, and the engine to compare with.
ROWS: dict[str, tuple[Callable[[Path, int], BenchList], int, str]] = {
    "contacts_1m": (write_list, MILLION, "obvious"),
    "contacts_1m_rival": (write_list, MILLION, "rival"),
    "contacts_foreign_1m": (write_foreign_list, MILLION, "obvious"),
}
#: The same for other lists, with what the package's time is measured by.
READERS: dict[str, tuple[Callable[[Path, int], BenchList], int, str]] = {
    "excel_100k": (write_workbook, MILLION // 10, "calamine"),
    "parquet_1m": (write_parquet, MILLION, "ours_csv"),
    "junk_1m": (write_junk_list, MILLION, "ours_clean"),
}
ALREADY_SENT = "already_sent_1m"
BUSY_KEY = "busy_key"
WAITING, FEWER_WAITING = 24, 15
TRIGGERS, FEW_TRIGGERS = 1000, 10
#: Rows that need more than a list.
OTHERS = {
    "contacts_10m": linear_row,
    "sql_1m": query_row,
    ALREADY_SENT: already_sent_row,
    BUSY_KEY: busy_key_row,
    "triggers_1000": triggers_row,
    "lookup_20000": lookup_row,
    "dashboard_1m": dashboard_row,
    "callbacks": callbacks_row,
    "outbox_10k": outbox_row,
    "load_1m_postgres": postgresql_load_row,
    "load_1m_sqlite": sqlite_load_row,
    "report_100k": report_row,
    "usage_1m": usage_row,
    "campaign_files_1000": campaign_files_row,
    "waiting_1000": waiting_row,
    "campaign_1m": campaign_row,
}
NAMES = (*ROWS, *READERS, *OTHERS)


def main() -> None:
    """Measure all rows, or the named ones; the others keep their last figures."""
    wanted = sys.argv[1:] or list(NAMES)
    unknown = set(wanted) - set(NAMES)
    if unknown:
        sys.exit(f"Unknown rows: {', '.join(sorted(unknown))}. Rows: {', '.join(NAMES)}.")
    kept = json.loads(OUT.read_text(encoding="utf-8")) if sys.argv[1:] and OUT.exists() else []
    found = {each["name"]: each for each in kept if each["name"] in NAMES}
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            if name in OTHERS:
                (home := Path(folder) / name).mkdir()
                found[name] = OTHERS[name](name, home)
                continue
            if name in READERS:
                write, rows, reader = READERS[name]
                found[name] = reader_row(name, write(Path(folder), rows), reader)
                continue
            write, rows, other = ROWS[name]
            found[name] = row(name, write(Path(folder), rows), other)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    ordered = [found[name] for name in NAMES if name in found]
    OUT.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
    for name in wanted:
        each = found[name]
        if "skipped" in each:
            print(f"{name}: skipped, {each['skipped']}")
            continue
        ratio = f"{each['ratio']} × {each['baseline']}, " if each.get("ratio") else ""
        memory = next((f", {each[key]:.0f} {unit}" for key, unit in MEMORY.items() if key in each), "")
        cost = f"{each['seconds']} s" if "seconds" in each else f"{each['calls']} calls"
        print(f"{name}: {ratio}{cost}{memory}")
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
