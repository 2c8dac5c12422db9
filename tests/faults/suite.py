"""Many plans, side by side: hands them to cells and sums up."""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import traceback
from collections import Counter
from contextlib import nullcontext
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from faults import plans
from faults.as_user import chosen
from faults.count import Counts
from faults.databases import server
from faults.progress import BESIDE, COUNTED, Progress, median_seconds

#: A results database with its tables and nothing else, in the home of the suite.
TEMPLATE = "template.sqlite"
#: Directed plans that show the purpose of a guard.
SOME = 2
#: Times that a single fault is carried out at most, if a busy machine keeps it from hitting.
ROUNDS = 3


def run_suite(given: argparse.Namespace, *, warm: Path | None = None) -> int:
    """Carry plans out until enough faults have hit.

    :param warm: folder of the rehearsal, if this process is a copy of one that has rehearsed.
    :returns: 0 if nothing was sent twice, lost, sent to the wrong list, ordered twice or failed in silence, no kind of
        fault was left out, and as many faults have hit as were asked for.
    """
    progress = Progress(given)
    home = Path(tempfile.mkdtemp(prefix="ovh_sms_faults_"))
    if warm is None:
        surroundings(home)
        warm_up(home)
    else:
        shutil.copy(warm / TEMPLATE, home)
    with nullcontext("") if given.weak or given.directed else server() as postgresql:
        suite = Suite(given, home, progress, postgresql)
        total, broken = suite.run()
    through, short = Counts(), []
    if suite.whole and total.injected < given.injected:
        short.append(f"{total.injected:,} faults of {given.injected:,} have hit")
    if given.airflow:
        write_counts(given, progress, total, through, {"short": [*short, "nothing through Airflow yet"]})
        through, errors = _through_airflow(given)
        total.add(through)
        broken += bool(through.breaches)
        progress.through_airflow(errors)
        total.kinds.update(through.hits)
        if through.injected < given.airflow:
            short.append(f"{through.injected:,} faults of {given.airflow:,} have hit through Airflow")
    missed = progress.missed(total, bool(postgresql)) if suite.thorough else []
    write_counts(given, progress, total, through, {"short": short, "missed": missed})
    progress.summary(total, broken, missed, short)
    if broken and not given.weak:
        print(f"Files of what went wrong: {home}")
    else:
        shutil.rmtree(home, ignore_errors=True)
    return 1 if broken or missed or short else 0


def write_counts(
    given: argparse.Namespace, progress: Progress, total: Counts, through: Counts, about: dict[str, Any]
) -> None:
    """Write the counts so far to the file of the command line; not if single plans are replayed."""
    if given.only is not None:
        return
    counts: dict[str, Any] = {name: getattr(total, name) for name in COUNTED}
    counts |= {"median_seconds_to_decide": median_seconds(total), "seconds": round(progress.seconds, 1)}
    counts |= {"through_airflow": through.injected, "seed": given.seed, **about}
    counts |= {name: getattr(total, name) for name in BESIDE} | {"kinds": dict(sorted(total.kinds.items()))}
    if way := chosen(given.via, given.user):  # beside those of all other faults
        others = json.loads(given.json.read_text()) if given.json.exists() else {}
        counts = {**others, way[0]: counts}
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(counts, indent=2) + "\n")
    progress.write_log()


def _through_airflow(given: argparse.Namespace) -> tuple[Counts, list[str]]:
    from faults.real_airflow import through_airflow

    try:
        return through_airflow(seed=given.seed, wanted=given.airflow, minutes=given.airflow_minutes)
    except Exception:  # then nothing is proven, and the counts so far stay
        traceback.print_exc()
        return Counts(silent=1), ["Airflow did not run", *traceback.format_exc().splitlines()]


class Suite:
    """Hands plans to cells, each a process with a sandbox of its own.

    :param given: the command line.
    :param home: folder for everything.
    :param progress: reports each plan.
    :param postgresql: see :func:`faults.databases.server`.
    """

    def __init__(self, given: argparse.Namespace, home: Path, progress: Progress, postgresql: str) -> None:
        self.given = given
        self.home = home
        self.progress = progress
        self.postgresql = postgresql
        self.total = Counts()
        self.broken = 0
        self.make = plans.DIRECTED[given.directed or given.weak] if given.directed or given.weak else plans.plan
        way = chosen(given.via, given.user)
        self.cases = way[1] if way else None
        if self.cases:
            self.make = self.cases.plan
        self.next = 0
        self.whole = given.only is None and not (given.weak or given.directed)
        self.thorough = self.whole and given.injected > 0 and not given.part
        self.again: list[plans.Plan] = []
        self.rounds: Counter[int] = Counter()

    def run(self) -> tuple[Counts, int]:
        """Carry out one plan after the other in each cell; returns the sum, and how many plans went wrong."""
        cells = [self._open(number) for number in range(min(self.given.cells, len(self.given.only or range(99))))]
        idle = [connection for _, connection in cells]
        busy: dict[Any, plans.Plan] = {}
        while True:
            while idle and (plan := self._following()):
                idle[-1].send(plan)
                busy[idle.pop()] = plan
            if not busy:
                break
            for ready in wait(list(busy)):
                self._take(busy.pop(ready), *ready.recv())  # type: ignore[union-attr]
                idle.append(ready)  # type: ignore[arg-type]
        for process, connection in cells:
            connection.send(None)
            process.join(30)
        return self.total, self.broken

    def _following(self) -> plans.Plan | None:
        if self.given.only is not None:
            numbers = self.given.only[self.next : self.next + 1]
        elif self._goes_on():
            if self.again:
                return self.again.pop(0)
            if self.cases and self.next >= self.cases.count(self.given.seed):
                return None
            numbers = [self.next]
        else:
            return None
        self.next += 1
        return self.make(self.given.seed, numbers[0]) if numbers else None

    def _goes_on(self) -> bool:
        if self.progress.seconds >= self.given.minutes * 60:
            return False
        if self.given.weak or self.given.directed:
            return self.next < SOME
        if self.cases:
            is_part = self.given.part and self.total.injected >= self.given.injected
            return not is_part and (self.next < self.cases.count(self.given.seed) or bool(self.again))
        if self.total.injected < self.given.injected:
            return True
        return self.thorough and (self.next < plans.singles(self.given.seed) or bool(self.again))

    def _open(self, number: int) -> tuple[Any, Connection]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        given = {"weak": self.given.weak, "postgresql": self.postgresql}
        process = context.Process(target=_live, args=(theirs, self.home / f"cell{number}", given))
        process.start()
        theirs.close()
        return process, ours

    def _take(self, plan: plans.Plan, counts: Counts, errors: list[str]) -> None:
        self.total.add(counts)
        self.broken += bool(counts.breaches)
        self.progress.plan(plan, counts, errors, self.total)
        if self.thorough and (self.cases or plans.is_single(self.given.seed, plan.number)):
            planned = {kind for strike in plan.strikes for kind in plan.kinds(strike)}
            self.rounds[plan.number] += 1
            if plan.results != "sqlite" and not self.postgresql:
                return
            if planned - set(self.total.kinds) and self.rounds[plan.number] < ROUNDS:
                self.again.append(plan)


def _live(orders: Connection, folder: Path, given: dict[str, str]) -> None:
    from faults.cell import Cell

    cell = Cell(folder, **given)
    try:
        while (plan := orders.recv()) is not None:
            orders.send(_one(cell, plan))
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        cell.close()


def _one(cell: Any, plan: plans.Plan) -> tuple[Counts, list[str]]:
    try:
        return cell.run_once(plan), cell.errors
    except Exception:
        return Counts(silent=1), ["the harness itself failed", *traceback.format_exc().splitlines()]


def warm_up(home: Path) -> None:
    """Rehearse without faults, which imports all that tasks need."""
    from faults.cell import Cell

    cell = Cell(home / "rehearsal")
    try:
        cell.rehearse()
    finally:
        cell.close()
    if threading.active_count() > 1:
        raise RuntimeError(f"a fork would lose threads: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # no fork's collection touches, and so copies, what all of them have


def surroundings(home: Path) -> None:
    """Set the environment of everything that follows, before the first import of Airflow."""
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        OPENBLAS_NUM_THREADS="1",
        OMP_NUM_THREADS="1",
    )
