"""`make lists`: damaged contact lists, compared with the tables they were made from; into build/lists.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from list_proof.damages import DAMAGES
from list_proof.suite import replay, run_suite
from list_proof.weak import RULES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m list_proof", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of all lists")
    parser.add_argument(
        "--only", type=int, metavar="N", help="make this list again, and keep it, and print what becomes of it"
    )
    parser.add_argument("--damage", choices=("", *DAMAGES), default="", help="only lists with this damage")
    parser.add_argument("--rows", type=int, default=460_000, help="go on until so many rows were read")
    parser.add_argument("--processes", type=int, default=2, help="processes side by side")
    parser.add_argument("--weak", choices=("", *RULES), default="", help="switch a rule of the readers off")
    parser.add_argument("--json", type=Path, default=Path("build/lists.json"), help="where the counts go")
    given = parser.parse_args()
    if given.only is not None:
        return replay(given, given.json.with_name(f"list_{given.seed}_{given.only}"))
    return run_suite(given)


if __name__ == "__main__":
    sys.exit(main())
