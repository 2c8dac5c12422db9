"""Makes lists until enough rows were read, counts, and writes build/lists.json."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from list_proof.comparison import BREACHES, Counts
from list_proof.damages import DAMAGES
from list_proof.damages.registry import LISTS
from list_proof.lists import Counted, counts_of, damage_of, make
from list_proof.weak import switch_off

REPORT_SECONDS = 10.0
#: Damaged lines and rejects that a replay prints.
SHOWN = 20
#: Most needless rejects, in percent of the rows that were read, and fewest damages.
MOST_NEEDLESS, FEWEST_DAMAGES = 2.0, 25
#: A damage whose lists are mostly refused proves nothing, unless refusing them is right.
MOST_REFUSED = 0.5
#: What damages are about; ``lists`` are damaged files.
SUBJECTS = tuple(dict.fromkeys(each.subject for each in DAMAGES.values()))
#: Fewest rows of lists that are about messages and rules, as a share of all rows.
LEAST_OF_RULES = 0.25


class Totals:
    """Counts over all lists, and by damage."""

    def __init__(self) -> None:
        self.all = Counts()
        self.by_damage: dict[str, Counts] = defaultdict(Counts)
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def add(self, counted: Counted) -> None:
        self.all.add(counted.counts)
        self.by_damage[counted.damage].add(counted.counts)

    def report(self) -> dict[str, Any]:
        """The figures of build/lists.json."""
        found = self.all
        return {
            "rows": found.rows,
            "damages": sum(each.rows > 0 for each in self.by_damage.values()),
            **{name: getattr(found, name) for name in BREACHES},
            "needless_rejects": found.needless,
            "needless_rejects_pct": round(100 * found.needless / max(found.rows, 1), 3),
            "lists": found.lists,
            "refused_lists": found.refused,
            "rejected_rows": found.rejected,
            "seconds": round(self.seconds, 1),
            "by_subject": {name: self._subject(name) for name in SUBJECTS},
            "refused_share": {
                name: round(each.refused / each.lists, 2)
                for name, each in sorted(self.by_damage.items(), key=lambda item: -item[1].refused / item[1].lists)
                if each.refused
            },
        }

    def _subject(self, subject: str) -> dict[str, int]:
        """The figures of one subject."""
        found = Counts()
        names = [name for name in self.by_damage if DAMAGES[name].subject == subject]
        for name in names:
            found.add(self.by_damage[name])
        wrong = {name: getattr(found, name) for name in BREACHES}
        read = {"rows": found.rows, "damages": len(names), "lists": found.lists, "refused_lists": found.refused}
        return {**read, "refused_rows": found.refused_rows, "rejected_rows": found.rejected, **wrong}

    def misses(self, rows: int, damages: int) -> list[str]:
        """The figures that are not as they must be."""
        found = self.report()
        missed = [f"{name}: {found[name]}" for name in BREACHES if found[name]]
        if found["needless_rejects_pct"] > MOST_NEEDLESS:
            missed.append(f"needless_rejects_pct: {found['needless_rejects_pct']}, not {MOST_NEEDLESS} at most")
        if found["rows"] < rows:
            missed.append(f"rows: {found['rows']:,}, not {rows:,}")
        if found["damages"] < damages:
            missed.append(f"damages: {found['damages']}, not {damages}")
        of_rules = found["rows"] - found["by_subject"][LISTS]["rows"]
        if damages > 1 and of_rules < LEAST_OF_RULES * rows:
            missed.append(f"rows about messages and rules: {of_rules:,}, not {LEAST_OF_RULES:.0%}")
        for name, share in found["refused_share"].items():
            if share > MOST_REFUSED and not DAMAGES[name].refusal_is_right:
                missed.append(f"refused_share: {share} of {name}")
        return missed


def run_suite(given: argparse.Namespace) -> int:
    """Run the proof; returns the status of the process."""
    totals, reported = Totals(), 0.0
    with get_context("spawn").Pool(given.processes, switch_off, (given.weak,)) as pool:
        for counted in pool.imap(counts_of, _numbers(given.seed, given.damage), chunksize=2):
            totals.add(counted)
            if counted.counts.breaches:
                _print_breach(counted, given)
            if totals.seconds - reported > REPORT_SECONDS:
                reported = totals.seconds
                _print_progress(totals)
            every_damage = given.damage or (counted.number + 1) % len(DAMAGES) == 0
            if every_damage and totals.all.rows >= given.rows:
                break
        pool.terminate()
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(totals.report(), indent=2) + "\n", encoding="utf-8")
    _print_progress(totals)
    missed = totals.misses(given.rows, 1 if given.damage else FEWEST_DAMAGES)
    for each in missed:
        print(f"MISSED {each}")
    print("Every text is meant, and every row accounted for." if not missed else f"See {given.json}.", flush=True)
    return 1 if missed else 0


def _numbers(seed: int, damage: str) -> Iterator[tuple[int, int]]:
    return ((seed, number) for number in itertools.count() if damage in ("", damage_of(number)))


def _print_progress(totals: Totals) -> None:
    minutes, seconds = divmod(int(totals.seconds), 60)
    found = totals.all
    print(
        f"  {minutes:>2}:{seconds:02} {found.rows:>8,} rows{found.lists:>6,} lists, {found.refused:,} refused;"
        f" wrong {found.wrong_text + found.wrong_person}, unaccounted {found.unaccounted},"
        f" needless {100 * found.needless / max(found.rows, 1):.2f} %",
        flush=True,
    )


def _print_breach(counted: Counted, given: argparse.Namespace) -> None:
    replayed = f"--seed {given.seed} --only {counted.number}{f' --weak {given.weak}' if given.weak else ''}"
    print(f"BREACH {counted.damage}, {counted.kind}; replay: python -m list_proof {replayed}")
    for each in counted.counts.about[:3]:
        print(f"  {each[-300:]}", flush=True)


def replay(given: argparse.Namespace, folder: Path) -> int:
    """Make one list again, keep it, and print what was written and what became of it."""
    switch_off(given.weak)
    folder.mkdir(parents=True, exist_ok=True)
    made = make(given.seed, given.only, folder)
    draft, prepared = made.draft, made.prepared
    print(f"{made.damage}: {made.file}\n  message: {draft.table.message}\n  options: {draft.options}")
    form = {"csv": draft.dialect, "xlsx": draft.writer, "parquet": draft.arrow_types}[draft.kind]
    print(f"written as {form}:")
    for line in [draft.header, *(line for line in draft.lines if line.touched or not line.person)][:SHOWN]:
        print(f"  {draft.written(line)!r}" if draft.kind == "csv" else f"  {line.cells}")
    print(f"{len(prepared.receivers)} of {prepared.rows} rows accepted, {len(prepared.rejects)} rejected:")
    for reject in prepared.rejects[:SHOWN]:
        print(f"  {reject}")
    print("\n".join([prepared.error, *made.counts.about]).strip())
    return 1 if made.counts.breaches else 0
