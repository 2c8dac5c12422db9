"""`make faults`: campaigns under more than a thousand faults, counted by the sandbox; into build/faults.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from faults.ovh_batches import VIA
from faults.plans import DIRECTED
from faults.suite import run_suite


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    found.add_argument("--seed", type=int, default=1, help="seed of all plans")
    found.add_argument("--only", type=int, nargs="+", metavar="N", help="replay these plans alone")
    found.add_argument("--injected", type=int, default=1000, help="go on until so many faults have hit")
    found.add_argument("--part", action="store_true", help="end then, though not every kind has had its turn")
    found.add_argument("--minutes", type=float, default=55, help="start no plan after so long")
    found.add_argument("--cells", type=int, default=6, help="sandboxes side by side")
    found.add_argument("--weak", choices=("", *DIRECTED), default="", help="switch a guard off")
    found.add_argument("--directed", choices=("", *DIRECTED), default="", help="only plans that need this guard")
    found.add_argument("--airflow", type=int, default=0, metavar="N", help="then N more through a real Airflow")
    found.add_argument("--airflow-minutes", type=float, default=20, help="which take no longer than this")
    found.add_argument("--json", type=Path, default=Path("build/faults.json"), help="where the counts go")
    found.add_argument("--via", choices=(VIA,), help="only faults of submissions, by this call")
    found.add_argument("--user", metavar="LOGIN", help="only faults of submissions, sent by a user of this login")
    return found


def main() -> int:
    return run_suite(parser().parse_args())


if __name__ == "__main__":
    sys.exit(main())
