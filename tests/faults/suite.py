"""Many plans, side by side: hands them to cells, sums up, says how to replay what went wrong."""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from faults.count import Verdict
from faults.plans import plan

COUNTED = (
    "injected",
    "campaigns",
    "messages",
    "double_sent",
    "lost",
    "wrong_list",
    "double_orders",
    "unknown_reported",
)


def run_suite(given: argparse.Namespace) -> int:
    """Carry plans out until enough faults have hit.

    :returns: 0 where nothing was sent twice, lost, sent to the wrong list, ordered twice or passed over in silence.
    """
    began = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="ovh_sms_faults_"))
    _surroundings(home)
    total, broken = _all_plans(given, home, began)
    seconds = round(time.monotonic() - began, 1)
    counts = {name: getattr(total, name) for name in COUNTED} | {"seconds": seconds}
    if given.only is None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        about = {"silent": total.silent, "seed": given.seed, "hits": total.hits, "ends": total.ends}
        given.json.write_text(json.dumps(counts | about, indent=2) + "\n")
    _print_summary(total, seconds, broken)
    if not broken and not os.environ.get("KEEP"):
        shutil.rmtree(home, ignore_errors=True)
    elif not given.weak:
        print(f"Files of what went wrong: {home}")
    return 1 if broken else 0


def _all_plans(given: argparse.Namespace, home: Path, began: float) -> tuple[Verdict, int]:
    """Hand plans out and gather verdicts."""
    _warm_up(home)
    context = multiprocessing.get_context("fork")
    idle: list[Connection] = []
    processes = []
    for number in range(1 if given.only is not None else given.jobs):
        ours, theirs = context.Pipe()
        process = context.Process(target=_cell, args=(theirs, home / f"cell{number}", given.weak))
        process.start()
        theirs.close()
        idle.append(ours)
        processes.append(process)
    total, broken, next_number, busy = Verdict(), 0, given.only or 0, {}
    while idle or busy:
        over = time.monotonic() - began > given.minutes * 60 or total.injected >= given.injected
        if given.only is not None:
            over = next_number > given.only
        while idle and not over:
            place = idle.pop()
            place.send((given.seed, next_number))
            busy[place] = next_number
            next_number += 1
            over = given.only is not None
        if not busy:
            break
        for ready in wait(list(busy)):
            assert isinstance(ready, Connection)
            verdict, told = ready.recv()
            total.add(verdict)
            broken += _tell(total, verdict, told, given, busy.pop(ready), began)
            idle.append(ready)
    for place in idle:
        place.send(None)
    for process in processes:
        process.join(30)
    return total, broken


def _warm_up(home: Path) -> None:
    """Import all that tasks need, so that each of their processes, forked from here, begins with it."""
    from faults.cell import Cell

    cell = Cell(home / "rehearsal")
    try:
        names = cell.rehearse()
    finally:
        cell.close()
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError(f"a fork would lose threads: {threading.enumerate()}")


def _tell(
    total: Verdict, verdict: Verdict, told: list[str], given: argparse.Namespace, number: int, began: float
) -> bool:
    """Show progress; where a plan went wrong, how and how to replay it."""
    wrong = verdict.breaches
    if given.only is not None:
        print(f"{plan(given.seed, number)}\n  hit: {dict(verdict.hits)}; ended: {dict(verdict.ends)}")
        print("".join(f"  {line}\n" for line in told), end="")
    if wrong:
        replay = f"python -m faults --seed {given.seed} --only {number}" + (
            f" --weak {given.weak}" if given.weak else ""
        )
        print(f"BREACH {wrong} in {plan(given.seed, number)}\n  replay: {replay}")
        print("".join(f"  {line}\n" for line in told), end="", flush=True)
    elif given.only is None and number % 10 == 0:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        so_far = f"{total.injected:>5} faults  {total.campaigns:>4} campaigns  {total.messages:>6} messages"
        print(
            f"  {minutes:>2}:{seconds:02}  {so_far}  sent twice {total.double_sent}, lost {total.lost}",
            flush=True,
        )
    return bool(wrong)


def _print_summary(total: Verdict, seconds: float, broken: int) -> None:
    print(
        f"\n{total.injected:,} faults in {total.campaigns:,} campaigns, {total.messages:,} messages, {seconds:.0f} s"
    )
    most = max(total.hits.values(), default=1)
    for name, count in total.hits.most_common():
        print(f"  {name:<16}{count:>5}  {'█' * max(1, round(30 * count / most))}")
    print("How the runs ended, once the faults were over:")
    for name, count in total.ends.most_common():
        print(f"  {name:<24}{count:>5}")
    zero = [f"{name.replace('_', ' ')} {getattr(total, name)}" for name in COUNTED[3:7]]
    print(
        f"{', '.join(zero)}, passed over in silence {total.silent}; a person was asked {total.unknown_reported} times"
    )
    print(
        "Nothing twice, nothing lost." if not broken else f"{broken} plans went wrong, see BREACH above.",
        flush=True,
    )


def _cell(orders: Connection, folder: Path, weak: str) -> None:
    """The life of one cell."""
    from faults.cell import Cell

    cell = Cell(folder, weak=weak)
    try:
        while (given := orders.recv()) is not None:
            orders.send(_one(cell, *given))
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        cell.close()


def _one(cell: Any, seed: int, number: int) -> tuple[Verdict, list[str]]:
    """Carry one plan out; an error of the harness itself is a breach too, as nothing was proven."""
    try:
        return cell.carry_out(plan(seed, number)), cell.told
    except Exception:
        return Verdict(silent=1), ["the harness itself failed", *traceback.format_exc().splitlines()]


def _surroundings(home: Path) -> None:
    """An Airflow home of our own, before Airflow is imported."""
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        OPENBLAS_NUM_THREADS="1",
        OMP_NUM_THREADS="1",
    )
