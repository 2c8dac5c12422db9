"""`make demo`: two campaigns from contact list to report, through a real Airflow, against the sandbox."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from ovh_demo.lists import write_messy_list
from ovh_demo.local_airflow import FINAL, ROOT, LocalAirflow
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.summary import Summary, check_against_truth, summarise

#: A Tuesday morning: marketing messages are not held, whenever the demo runs.
MORNING = "2026-11-24T10:00:00+01:00"
#: Simulated seconds in a second: an hour passes in a quarter of a minute.
SPEED = 240
CAMPAIGNS = ("guide", "messy")
#: One for the guide's list, two for the messy one's.
SENDINGS = 3
REPORT = "sms_campaign_report"
PATIENCE = 150

MESSY = """\
description: Points of the loyalty card, to a list as untidy as real ones
sender: MYSHOP
kind: marketing
message: "Bonjour #Prénom#, vos #Points# points vous attendent chez MYSHOP #Ville# jusqu'à samedi."
contacts:
  file: contacts/messy.csv
budget: 20000
batch_size: {batch_size}  # two sendings; a real campaign needs several from 100,000 receivers on
"""
#: The sandbox's time runs fast; the report need not wait as long as a real one.
HURRY = "validity_hours: 1\ncollect_within_hours: 0.03\nstop_window_minutes: 0.15\nlook_every_seconds: 2\n"


class DemoError(Exception):
    """The demo did not end as it should; the text says where to look."""


def run(folder: Path, *, rows: int = 10_000, seed: int = 1) -> Summary:
    """Run the demo.

    :param folder: receives everything; emptied first.
    :param rows: rows of the messy list, at most 10,000.
    :param seed: decides the list and what becomes of every message.
    :returns: what was written to ``summary.json``.
    :raises DemoError: where a campaign failed or its figures are not the sandbox's own.
    """
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    include = folder / "include"
    shutil.copytree(ROOT / "include" / "contacts", include / "contacts")
    campaigns = include / "campaigns"
    campaigns.mkdir()
    (include / "accounts").mkdir()
    guide = (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    (campaigns / "guide.yaml").write_text(guide + HURRY, encoding="utf-8")
    (campaigns / "messy.yaml").write_text(MESSY.format(batch_size=rows // 2) + HURRY, encoding="utf-8")
    messy = write_messy_list(include / "contacts" / "messy.csv", rows=rows, seed=seed)
    say(f"Contact lists: guide.csv (2 rows), messy.csv ({messy.rows} rows)")

    with LocalSandbox(folder / "sandbox", seed=seed, speed=SPEED, start=MORNING) as sandbox:
        say(f"Sandbox: {sandbox.facts['endpoint']} (nothing leaves this machine)")
        account = sandbox.facts["account"]
        for number in messy.blacklisted:
            sandbox.control("POST", "/blacklist", account=account, number=number)
        env = {"AIRFLOW_CONN_OVH_SMS_DEFAULT": json.dumps(sandbox.connection)}
        say("Airflow: starting (about 30 s) …")
        with LocalAirflow(folder / "airflow", include=include, env=env) as airflow:
            say(f"Airflow: {airflow.url}")
            _run_campaigns(airflow, sandbox)
            summary = summarise(folder, sandbox, started=started)
        check_against_truth(summary, sandbox)
    return summary


def say(text: str) -> None:
    """Show progress."""
    print(text, flush=True)


def _run_campaigns(airflow: LocalAirflow, sandbox: LocalSandbox) -> None:
    wanted = {f"sms_campaign_{name}" for name in CAMPAIGNS} | {REPORT}
    _until(lambda: wanted <= airflow.dag_ids(), what="Airflow has not read the DAGs", seconds=60)
    airflow.unpause(REPORT)
    runs = {}
    for name in CAMPAIGNS:
        airflow.unpause(f"sms_campaign_{name}")
        runs[name] = airflow.trigger(f"sms_campaign_{name}")
    shown = ""

    def done() -> bool:
        nonlocal shown
        states = _states(airflow, runs)
        line = _progress(states, sandbox)
        if line != shown:
            say(line)
            shown = line
        failed = [name for name, state in states.items() if state["run"] == "failed"]
        if failed:
            raise DemoError(f"Failed: {', '.join(failed)}; logs are in {airflow.home / 'logs'}")
        reported = sum(int(state["reported"]) for name, state in states.items() if name == "report")
        return all(states[name]["run"] == "success" for name in runs) and reported == SENDINGS

    _until(done, what=f"The campaigns did not end; logs are in {airflow.home / 'logs'}", seconds=PATIENCE)


def _states(airflow: LocalAirflow, runs: dict[str, str]) -> dict[str, dict[str, Any]]:
    states: dict[str, dict[str, Any]] = {}
    for name, run_id in runs.items():
        dag_id = f"sms_campaign_{name}"
        state = next(r["state"] for r in airflow.runs(dag_id) if r["dag_run_id"] == run_id)
        tasks = airflow.tasks(dag_id, run_id)
        at = [task for task, status in tasks.items() if status not in (*FINAL, "waiting", "skipped")]
        states[name] = {"run": state, "at": ", ".join(at)}
    reports = airflow.runs(REPORT)
    found = [task for r in reports for task in airflow.tasks(REPORT, r["dag_run_id"]).items()]
    states["report"] = {
        "run": "failed" if any(r["state"] == "failed" for r in reports) else "running",
        "reported": sum(
            name.startswith("campaign.report[") and status == "success" for name, status in found
        ),
        "at": ", ".join(sorted({f"{name} {status}" for name, status in found if status not in FINAL})),
    }
    return states


def _progress(states: dict[str, dict[str, Any]], sandbox: LocalSandbox) -> str:
    parts = []
    for name in CAMPAIGNS:
        state = states[name]
        parts.append(f"{name}: {'sent' if state['run'] == 'success' else state['at'] or state['run']}")
    truth = sandbox.control("GET", "/truth")
    if truth["accepted"]:
        final = truth["accepted"] - truth["pending"]
        parts.append(f"OVH: {truth['accepted']} accepted, {final} final")
    if states["report"]["reported"] or states["report"]["at"]:
        parts.append(f"sendings reported: {states['report']['reported']} of {SENDINGS}")
    return "  " + " · ".join(parts)


def _until(done: Any, *, what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise DemoError(f"{what} ({seconds:.0f} s).")
        time.sleep(1.0)
