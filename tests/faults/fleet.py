"""Suites of `make faults` side by side, from one process that has imported and rehearsed everything.

Each suite of its own would do both first, which takes longer than some of them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sandbox import ROOT

#: Suites side by side: they mostly wait.
BESIDE = 2
#: Seconds after which a suite is ended.
HANGS = 900.0
ORDERS, COUNTS, PRINTED, CODE = "orders.json", "faults.json", "printed.txt", "code.txt"


@dataclass(frozen=True)
class Ended:
    """The end of a suite: its counts, its exit code, and all that it printed."""

    counts: dict[str, Any]
    code: int
    printed: str


class Fleet:
    """Suites that run.

    :param folder: holds a folder for each suite.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process

    def result(self, name: str) -> Ended:
        """Wait for the end of a suite."""
        folder = self.folder / name
        while not (folder / CODE).exists():
            if self.process.poll() is not None and not (folder / CODE).exists():
                raise RuntimeError((self.folder / PRINTED).read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.1)
        counts = json.loads((folder / COUNTS).read_text()) if (folder / COUNTS).exists() else {}
        printed = (folder / PRINTED).read_text(encoding="utf-8", errors="replace")
        return Ended(counts, int((folder / CODE).read_text()), printed)


@contextmanager
def fleet(folder: Path, orders: Mapping[str, Iterable[object]], *, counts: Mapping[str, str]) -> Iterator[Fleet]:
    """Start suites, one after the other, and end those that still run in the end.

    :param orders: arguments of ``python -m faults`` by the suite's name.
    :param counts: what the file of counts holds before, by the suite's name.
    """
    for name in orders:
        (folder / name).mkdir(parents=True)
    for name, text in counts.items():
        (folder / name / COUNTS).write_text(text)
    (folder / ORDERS).write_text(json.dumps({name: [*map(str, given)] for name, given in orders.items()}))
    paths = os.pathsep.join(str(ROOT / name) for name in ("plugins", "include", "tests"))
    command = [sys.executable, "-m", "faults.fleet", str(folder)]
    environment = {**os.environ, "PYTHONPATH": paths}
    with (folder / PRINTED).open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=folder, start_new_session=True
        )
    try:
        yield Fleet(folder, process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main(folder: Path) -> None:
    """Rehearse, then carry out each suite in a process of its own."""
    from faults.suite import surroundings, warm_up

    home = Path(tempfile.mkdtemp(prefix="ovh_sms_faults_"))
    surroundings(home)
    warm_up(home)
    waiting: dict[str, list[str]] = json.loads((folder / ORDERS).read_text())
    running: dict[int, tuple[str, float]] = {}
    while waiting or running:
        while waiting and len(running) < BESIDE:
            name = next(iter(waiting))
            running[_start(folder / name, waiting.pop(name), home)] = (name, time.monotonic())
        for pid, (name, since) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                _write_code(folder / name, os.waitstatus_to_exitcode(status))
            elif time.monotonic() - since > HANGS:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(home, ignore_errors=True)


def _start(folder: Path, arguments: list[str], home: Path) -> int:
    from faults.__main__ import parser
    from faults.suite import run_suite

    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        with (folder / PRINTED).open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        os.chdir(folder)
        code = run_suite(parser().parse_args(["--json", str(folder / COUNTS), *arguments]), warm=home)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _write_code(folder: Path, code: int) -> None:
    unnamed = folder / f"{CODE}.new"
    unnamed.write_text(str(code))
    unnamed.replace(folder / CODE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
