"""`make mutants`: breaks one guard of the package at a time, in a copy, and reports which tests notice it."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from support.pages import FILES, ROOT

LIST = Path(__file__).with_name("mutants.toml")
#: Seconds that the tests of one mutant may take; tests that take longer prove nothing.
LIMIT = 240.0
#: Seconds that all of the tests may take together, without a mutant.
LIMIT_OF_ALL = 1_200.0
#: How pytest-timeout reports a test that it ended; its exit status is that of a failed test.
TIMEOUT_REPORTS = ("from pytest-timeout", "+ Timeout +")
PASSED, FAILED, TIMED_OUT = 0, 1, -1


@dataclass(frozen=True)
class Mutant:
    """One guard that is broken.

    :param old: text of the file that stands in it once.
    :param tests: pytest's selection; at least one of these tests must fail.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read(path: Path = LIST) -> list[Mutant]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**each, "tests": tuple(each["tests"])}) for each in listed]


def copy_tree(to: Path) -> Path:
    """Copy the files of the tree, without what was built."""
    for path in FILES:
        if path.is_file():
            target = to / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    return to


def run_tests(tree: Path, selection: tuple[str, ...], *, limit: float = LIMIT) -> tuple[int, str]:
    """Run tests in a copy; returns pytest's status and what it printed."""
    paths = os.pathsep.join(str(tree / name) for name in ("plugins", "include", "tests"))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *selection]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return TIMED_OUT, f"The tests take more than {limit:.0f} s."
    output = done.stdout + done.stderr
    if done.returncode == FAILED and any(report in output for report in TIMEOUT_REPORTS):
        return TIMED_OUT, output
    return done.returncode, output


def problem_of(tree: Path, mutant: Mutant) -> str:
    """Empty if the mutant is caught, else the reason why it counts as not caught."""
    path = tree / mutant.file
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    if (times := source.count(mutant.old)) != 1:
        return f"its text stands {times} times in {mutant.file}"
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        status, output = run_tests(tree, mutant.tests)
    finally:
        path.write_text(source, encoding="utf-8")
    if status == PASSED:
        return "SURVIVED"
    return "" if status == FAILED else f"the tests could not be run (status {status})\n{output[-2000:]}"


def check(mutants: list[Mutant], copies: int) -> int:
    """Run the tests without a mutant, then each mutant; returns how many are not caught."""
    with tempfile.TemporaryDirectory(prefix="ovh_sms_mutants_") as home:
        trees: SimpleQueue[Path] = SimpleQueue()
        for at in range(copies):
            trees.put(copy_tree(Path(home) / str(at)))

        def one(mutant: Mutant) -> str:
            tree = trees.get()
            began = time.monotonic()
            try:
                problem = problem_of(tree, mutant)
            finally:
                trees.put(tree)
            print(f"{problem or 'caught':<10} {time.monotonic() - began:5.1f} s  {mutant.name}", flush=True)
            return problem

        with ThreadPoolExecutor(copies) as pool:
            problems = [problem for problem in pool.map(one, mutants) if problem]
        everything = tuple(sorted({test for mutant in mutants for test in mutant.tests}))
        status, output = run_tests(trees.get(), everything, limit=LIMIT_OF_ALL)
        if status != PASSED:
            print(f"Without a mutant the tests do not pass:\n{output[-3000:]}")
            return len(mutants)
    return len(problems)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name matches this expression")
    parser.add_argument("--copies", type=int, default=2, help="copies side by side")
    parser.add_argument("--list", type=Path, default=LIST, help="the list of mutants")
    given = parser.parse_args()
    mutants = [each for each in read(given.list) if re.search(given.only, each.name)]
    missed = check(mutants, given.copies)
    print(f"{len(mutants) - missed} of {len(mutants)} mutants caught.")
    return 1 if missed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
