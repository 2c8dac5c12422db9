"""`make demo`: three campaigns from contact list to report, through a real Airflow, against the sandbox."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from ovh_demo.lists import write_messy_list
from ovh_demo.local_airflow import ROOT, WARM, LocalAirflow
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.sheet import write_sheet
from ovh_demo.summary import Summary, check_against_truth, draw_rows, summarise

#: A Tuesday morning within the sending window, so that marketing messages leave at once.
MORNING = "2026-11-24T10:00:00+01:00"
#: Simulated seconds in a second: an hour passes in a quarter of a minute.
SPEED = 240
CAMPAIGNS = ("guide", "messy", "sheet")
#: One for the guide's list, two for the messy list, one for the sheet.
SUBMISSIONS = 4
REPORT = "sms_campaign_report"
CAMPAIGN_SECONDS = 240
READ_SECONDS = 60
TASK_IS_IDLE = ("success", "failed", "waiting", "skipped")

MESSY = """\
description: Points of the loyalty card, to a list as untidy as real ones
sender: MYSHOP
kind: marketing
message: "Bonjour #Prénom usuel#, vos #Points# points vous attendent chez MYSHOP #Ville# jusqu'à samedi."
contacts:
  file: contacts/messy.csv
  repair_encoding: true
  consent: ignore  # the column SMS says who has read the last one
budget: 20000
batch_size: {batch_size}  # two batches; a real campaign needs several from 100,000 receivers on
"""
SHEET = """\
description: Deliveries, of a workbook with hidden rows, formats and merged cells
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #Prénom#, commande #Commande# (#Code postal#, -#Remise#, #Montant#) : le #Livraison#."
contacts:
  file: contacts/sheet.xlsx
budget: 20
"""
#: The sandbox's clock runs fast, so the report waits less than a real one.
SHORT_WAITS = "validity_hours: 1\ncollect_within_hours: 0.03\nstop_window_minutes: 0.15\npoll_interval_seconds: 2\n"


class DemoError(Exception):
    """The demo failed; the message names the logs."""


def run(folder: Path, *, rows: int = 10_000, seed: int = 1) -> Summary:
    """Run the demo and show at its end where each row went.

    :param folder: receives everything; emptied first.
    :param rows: rows of the messy list, from 100 to 10,000.
    :param seed: decides the list and the fate of every message.
    :returns: the content of ``summary.json``.
    :raises DemoError: if a campaign failed.
    :raises FiguresDiffer: if a figure of the report is not the sandbox's own.
    """
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    include = folder / "include"
    shutil.copytree(ROOT / "include" / "contacts", include / "contacts")
    campaigns = include / "campaigns"
    campaigns.mkdir()
    (include / "accounts").mkdir()
    guide = (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    (campaigns / "guide.yaml").write_text(guide + SHORT_WAITS, encoding="utf-8")
    (campaigns / "messy.yaml").write_text(MESSY.format(batch_size=rows // 2) + SHORT_WAITS, encoding="utf-8")
    (campaigns / "sheet.yaml").write_text(SHEET + SHORT_WAITS, encoding="utf-8")
    messy = write_messy_list(include / "contacts" / "messy.csv", rows=rows, seed=seed)
    sheet_rows = write_sheet(include / "contacts" / "sheet.xlsx")
    _say(f"Contact lists: guide.csv (2 rows), messy.csv ({messy.rows} rows), sheet.xlsx ({sheet_rows} rows)")

    with LocalSandbox(folder / "sandbox", seed=seed, start=MORNING) as sandbox:
        _say(f"Sandbox: {sandbox.ready['endpoint']} (no SMS leaves this machine)")
        for number in messy.stopped:
            sandbox.control("POST", "/blacklist", account=sandbox.ready["account"], number=number)
        env = {**WARM, "AIRFLOW_CONN_OVH_SMS_DEFAULT": json.dumps(sandbox.connection)}
        _say("Airflow: starting (about 30 s) …")
        with LocalAirflow(folder / "airflow", include=include, env=env) as airflow:
            _say(f"Airflow: {airflow.url}")
            _run_campaigns(airflow, sandbox)
            summary = summarise(folder, sandbox, started=started)
        check_against_truth(summary, sandbox)
    _say(draw_rows(summary))
    _say("\nEvery figure equals the sandbox's own count. No person got two messages.")
    _say(f"{summary['api_calls']} calls to OVH's API, {summary['seconds']} s")
    _say(f"Report:  {folder / 'report.html'}\nSummary: {folder / 'summary.json'}")
    return summary


def _say(text: str) -> None:
    print(text, flush=True)


def _run_campaigns(airflow: LocalAirflow, sandbox: LocalSandbox) -> None:
    """Trigger all campaigns and wait until the report of every submission is written."""
    dags = {name: f"sms_campaign_{name}" for name in CAMPAIGNS}
    logs = f"The logs are in {airflow.home / 'logs'}."
    unread = f"Airflow has not read the DAGs. {logs}"
    _wait_until(lambda: {*dags.values(), REPORT} <= airflow.dag_ids(), seconds=READ_SECONDS, otherwise=unread)
    # Not earlier: while a slow machine starts Airflow, the sending window would close.
    sandbox.control("POST", "/clock", speed=SPEED)
    for dag_id in (REPORT, *dags.values()):
        airflow.unpause(dag_id)
    for dag_id in dags.values():
        airflow.trigger(dag_id)
    shown = ""

    def done() -> bool:
        nonlocal shown
        states, notes = {}, []
        for name, dag_id in dags.items():
            run = airflow.runs(dag_id)[0]
            states[name] = run["state"]
            tasks = airflow.tasks(dag_id, run["dag_run_id"]).items()
            current = ", ".join(task for task, state in tasks if state not in TASK_IS_IDLE)
            notes.append(f"{name}: {'sent' if run['state'] == 'success' else current or run['state']}")
        truth = sandbox.control("GET", "/truth")
        if truth["accepted"]:
            notes.append(f"OVH: {truth['accepted']} accepted, {truth['accepted'] - truth['pending']} final")
        reports = airflow.runs(REPORT)
        written = [
            task.startswith("campaign.report[") and state == "success"
            for run in reports
            for task, state in airflow.tasks(REPORT, run["dag_run_id"]).items()
        ]
        if reports:
            notes.append(f"reported: {sum(written)} of {SUBMISSIONS} submissions")
        if (line := "  " + " · ".join(notes)) != shown:
            _say(line)
            shown = line
        failed = [name for name, state in states.items() if state == "failed"]
        failed += ["the report"] if any(run["state"] == "failed" for run in reports) else []
        if failed:
            raise DemoError(f"Failed: {', '.join(failed)}. {logs}")
        return set(states.values()) == {"success"} and sum(written) == SUBMISSIONS

    _wait_until(done, seconds=CAMPAIGN_SECONDS, otherwise=f"The campaigns did not end. {logs}")


def _wait_until(done: Callable[[], bool], *, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise DemoError(f"Not within {seconds:.0f} s: {otherwise}")
        time.sleep(1.0)
