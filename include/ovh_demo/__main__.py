"""`python -m ovh_demo demo | up | down`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from ovh_demo import demo, playground
from ovh_demo.processes import StartError
from ovh_demo.summary import NotTheTruth, funnel


def main() -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="ovh_demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("demo", help="two campaigns from contact list to report")
    run.add_argument("--folder", type=Path, default=Path("build/demo"))
    run.add_argument("--rows", type=int, default=10_000)
    run.add_argument("--seed", type=int, default=1)
    up = commands.add_parser("up", help="Airflow with its UI and the sandbox, kept running")
    up.add_argument("--folder", type=Path, default=Path("build/up"))
    up.add_argument("--port", type=int, default=8080)
    down = commands.add_parser("down", help="end what 'up' started")
    down.add_argument("--folder", type=Path, default=Path("build/up"))
    given = parser.parse_args()
    _end_cleanly()
    try:
        if given.command == "demo":
            _demo(given.folder.resolve(), given.rows, given.seed)
        elif given.command == "up":
            playground.up(given.folder.resolve(), given.port)
        else:
            playground.down(given.folder.resolve())
    except (demo.DemoError, NotTheTruth, StartError) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    return 0


def _end_cleanly() -> None:
    """Let a signal end this program as an exception does, so that what it started is ended too."""
    signs = [
        sign
        for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        if signal.getsignal(sign) is not signal.SIG_IGN  # nohup's wish
    ]

    def end(number: int, _: FrameType | None) -> None:
        for sign in signs:
            signal.signal(sign, signal.SIG_IGN)  # a second one would interrupt the cleaning up
        with suppress(OSError):  # the terminal may be what is gone; print() is not made for signal handlers
            os.write(2, f"{signal.Signals(number).name}: ending what was started\n".encode())
        raise SystemExit(128 + number)

    for sign in signs:
        signal.signal(sign, end)


def _demo(folder: Path, rows: int, seed: int) -> None:
    summary = demo.run(folder, rows=rows, seed=seed)
    print(funnel(summary))
    print("\nEvery figure equals the sandbox's own count; no receiver got two messages.")
    print(f"{summary['api_calls']} calls to OVH's API, {summary['seconds']} s")
    print(f"Report:  {folder / 'report.html'}\nSummary: {folder / 'summary.json'}")


if __name__ == "__main__":
    sys.exit(main())
