"""`make faults`: campaigns under more than a thousand faults, counted by the sandbox; into build/faults.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from faults.ovh_batches import VIA
from faults.plans import DIRECTED
from faults.suite import run_suite


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of all plans")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="replay these plans alone")
    parser.add_argument("--injected", type=int, default=1000, help="go on until so many faults have hit")
    parser.add_argument("--part", action="store_true", help="end then, though not every kind has had its turn")
    parser.add_argument("--minutes", type=float, default=55, help="start no plan after so long")
    parser.add_argument("--cells", type=int, default=6, help="sandboxes side by side")
    parser.add_argument("--weak", choices=("", *DIRECTED), default="", help="switch a guard off")
    parser.add_argument("--directed", choices=("", *DIRECTED), default="", help="only plans that need this guard")
    parser.add_argument("--airflow", type=int, default=0, metavar="N", help="then N more through a real Airflow")
    parser.add_argument("--airflow-minutes", type=float, default=20, help="which take no longer than this")
    parser.add_argument("--json", type=Path, default=Path("build/faults.json"), help="where the counts go")
    parser.add_argument("--via", choices=(VIA,), help="only faults of submissions, by this call")
    given = parser.parse_args()
    return run_suite(given)


if __name__ == "__main__":
    sys.exit(main())
