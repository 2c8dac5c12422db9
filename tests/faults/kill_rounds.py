"""The frame of the fault runs whose processes die at one boundary after another: what they count, and their command."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


class KillRounds:
    """Rounds of faults in one world.

    :param weak: the guard that is off.
    """

    def __init__(self, home: Path, sandbox: Any, *, weak: str = "") -> None:
        self.home = home
        self.sandbox = sandbox
        self.weak = weak
        self.hits: Counter[str] = Counter()
        self.errors: list[str] = []

    @property
    def injected(self) -> int:
        """Faults that have hit."""
        return sum(self.hits.values())

    def note_kill(self, name: str, reached: Sequence[str]) -> None:
        """Count a kill by the boundary at which its process died."""
        self.hits[f"{name}: killed {reached[-1]}" if reached else f"{name}: killed"] += 1

    def executed_after_death(self, kind: str, work: Callable[[], Any], submit: dict[str, str]) -> None:
        """Kill a process while its request is held, and let the request go on then."""
        from faults.inbound_child import Task

        fault = self.sandbox.fault("hold_before", seconds=60, **submit)
        dying = Task(work, self.home)
        self.sandbox.wait_held(fault)
        dying.kill()
        dying.wait()
        time.sleep(0.3)
        self.sandbox.release(fault)
        self.hits[kind] += 1

    def import_modules(self) -> None:
        """Import what the processes import: a fork has them then, and need not import them for seconds."""
        for name in json.loads((self.home / "modules.json").read_text()):
            with suppress(Exception):
                importlib.import_module(name)


def carried_out(given: argparse.Namespace, prefix: str, make: Callable[[Path, Any], Any]) -> dict[str, Any]:
    """Carry out the rounds of one command line; returns the counts.

    :param prefix: of the temporary folder.
    :param make: makes the rounds in a folder and a sandbox.
    """
    from support.sandbox import SandboxProcess

    started, home = time.monotonic(), Path(tempfile.mkdtemp(prefix=prefix))
    with SandboxProcess(home / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=100_000)
        rounds = make(home, sandbox)
        rounds.prepare()
        rounds.run(given.injected, given.minutes)
        found: dict[str, Any] = {"injected": rounds.injected, **rounds.counts()}
    found |= {"kinds": dict(sorted(rounds.hits.items())), "seconds": round(time.monotonic() - started, 1)}
    for error in rounds.errors[:20]:
        print(error)
    if rounds.errors and not given.weak:
        print(f"Files of what went wrong: {home}")
    else:
        shutil.rmtree(home, ignore_errors=True)
    return found


def command(
    name: str,
    description: str | None,
    run: Callable[[argparse.Namespace], dict[str, Any]],
    *,
    breaches: Sequence[str],
    counted: Sequence[str],
    weak: Sequence[str],
    injected: int,
    minutes: float,
    out: str,
) -> int:
    """Run one of these commands: write its counts, and say what is broken.

    :param counted: names of the counts that its last line names.
    :returns: 1 if something is broken, or fewer faults have hit than asked for.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument("--injected", type=int, default=injected, help="go on until so many faults have hit")
    parser.add_argument("--minutes", type=float, default=minutes, help="start no round after so long")
    parser.add_argument("--weak", choices=weak, default="", help="switch a guard off")
    parser.add_argument("--json", type=Path, default=Path(out), help="where the counts go")
    given = parser.parse_args()
    found = run(given)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(found, indent=2) + "\n")
    broken = {each: found[each] for each in breaches if found[each]}
    counts = ", ".join(f"{found[each]} {each}" for each in counted)
    print(f"{found['injected']} faults, {counts}: {broken or 'no breach'}")
    return 1 if broken or found["injected"] < given.injected else 0
