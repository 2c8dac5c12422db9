"""Many campaigns at once, and a day of campaigns, into build/load.json; see CONTRIBUTING.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from load import day, real_run
from ovh_demo.local_airflow import ROOT

OUT = ROOT / "build" / "load.json"
CAMPAIGNS, CAMPAIGNS_OF_DAY, HOURS = 100, 200, 24.0
#: What does not end within so many minutes is lost.
MINUTES = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--campaigns", type=int, default=CAMPAIGNS, help="at once in a real Airflow; 0: leave that out")
    parser.add_argument("--day", type=int, default=CAMPAIGNS_OF_DAY, help="in simulated time; 0: leave that out")
    parser.add_argument("--hours", type=float, default=HOURS, help="in which the campaigns of the day start")
    parser.add_argument("--seed", type=int, default=1, help="of the day")
    given = parser.parse_args()
    found: dict[str, Any] = json.loads(OUT.read_text()) if OUT.exists() else {}
    if given.day:
        print(f"A day: {given.day} campaigns in {given.hours:g} simulated hours", flush=True)
        found["day"] = {**day.measure(given.day, hours=given.hours, seed=given.seed), "load": _load()}
        print(json.dumps(found["day"], indent=2), flush=True)
    if given.campaigns:
        print(f"At once: {given.campaigns} campaigns in a real Airflow, {real_run.WORKERS} workers", flush=True)
        at_once = {**real_run.run(given.campaigns, minutes=MINUTES), "load": _load()}
        print(json.dumps(at_once, indent=2), flush=True)
        found = {**at_once, "day": found.get("day")}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"Written: {OUT}")
    if broken := broken_promises(found):
        sys.exit(f"Broken: {', '.join(broken)}")


def broken_promises(found: dict[str, Any]) -> list[str]:
    """Name what must be zero, of both parts, and is not."""
    at_once, of_day = ("failed", "lost", "refused_calls", "out_of_order", "twice"), ("lost", "twice", "unexpected")
    simulated = found.get("day") or {}
    broken = [f"{name} {found[name]}" for name in at_once if found.get(name)]
    return broken + [f"{name} {simulated[name]} in the day" for name in of_day if simulated.get(name)]


def _load() -> float:
    return round(os.getloadavg()[0], 2)


if __name__ == "__main__":
    main()
