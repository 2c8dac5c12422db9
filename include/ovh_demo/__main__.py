"""`python -m ovh_demo demo | up | down`."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from ovh_demo import demo, playground
from ovh_demo.processes import StartError
from ovh_demo.summary import FiguresDiffer


def main() -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="ovh_demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("demo", help="three campaigns from contact list to report")
    run.add_argument("--folder", type=Path, default=Path("build/demo"))
    run.add_argument("--rows", type=int, default=10_000)
    run.add_argument("--seed", type=int, default=1)
    up = commands.add_parser("up", help="Airflow with its UI and the sandbox, kept running")
    up.add_argument("--port", type=int, default=8080)
    down = commands.add_parser("down", help="end the processes of 'up'")
    for parser_of_both in (up, down):
        parser_of_both.add_argument("--folder", type=Path, default=Path("build/up"))
    given = parser.parse_args()
    folder = given.folder.resolve()
    _end_cleanly()
    try:
        if given.command == "demo":
            demo.run(folder, rows=given.rows, seed=given.seed)
        elif given.command == "up":
            playground.up(folder, given.port)
        else:
            playground.down(folder)
    except (demo.DemoError, FiguresDiffer, StartError) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    return 0


def _end_cleanly() -> None:
    """Let a signal end this program as an exception does, so that its processes are ended too."""
    signs = [
        sign
        for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        if signal.getsignal(sign) is not signal.SIG_IGN  # as nohup asks
    ]

    def end(number: int, _: FrameType | None) -> None:
        for sign in signs:
            signal.signal(sign, signal.SIG_IGN)  # a second one would interrupt the cleaning up
        with suppress(OSError):  # the terminal may be gone; print() is not made for signal handlers
            os.write(2, f"{signal.Signals(number).name}: ending every process that was started\n".encode())
        raise SystemExit(128 + number)

    for sign in signs:
        signal.signal(sign, end)


if __name__ == "__main__":
    sys.exit(main())
