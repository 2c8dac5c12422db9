"""`make up` and `make down`: Airflow with its UI and the sandbox, kept running in the background."""

from __future__ import annotations

import json
from pathlib import Path

from ovh_demo.demo import say
from ovh_demo.local_airflow import ROOT, LocalAirflow
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.processes import StartError, end_group, group_alive

SPEED = 60


def up(folder: Path, port: int) -> None:
    """Start both and leave them running.

    :param folder: receives state, logs and the list of what runs.
    :param port: of Airflow's UI.
    :raises StartError: where they run already, or one does not start.
    """
    state = folder / "running.json"
    if state.exists() and any(group_alive(group) for group in json.loads(state.read_text())["groups"]):
        raise StartError(f"It runs already, see {state}; `make down` ends it")
    folder.mkdir(parents=True, exist_ok=True)
    with_sandbox = LocalSandbox(folder / "sandbox", speed=SPEED).start()
    groups = [with_sandbox.process.pid] if with_sandbox.process else []
    try:
        say("Airflow: starting (about 30 s) …")
        airflow = LocalAirflow(folder / "airflow", include=ROOT / "include", port=port).start()
        groups += [airflow.process.pid] if airflow.process else []
        state.write_text(json.dumps({"url": airflow.url, "groups": groups, **with_sandbox.facts}, indent=2))
        _connect(airflow, with_sandbox)
    except BaseException:
        for group in groups:
            end_group(group)
        raise
    say(f"Airflow:  {airflow.url}  (no password: it only listens on this machine)")
    say(f"Sandbox:  {with_sandbox.facts['endpoint']}, one minute of its time each second")
    say(
        "Campaigns: include/campaigns; unpause sms_campaign_report and sms_campaign_guide, then trigger the latter"
    )
    say("End both: make down")


def down(folder: Path) -> None:
    """End what :func:`up` started; nothing else.

    :param folder: as given to :func:`up`.
    """
    state = folder / "running.json"
    if not state.exists():
        say("Nothing runs.")
        return
    for group in json.loads(state.read_text())["groups"]:
        end_group(group)
    state.unlink()
    say("Ended.")


def _connect(airflow: LocalAirflow, sandbox: LocalSandbox) -> None:
    """Make the connection, or point it at the sandbox's new port."""
    connection = sandbox.connection
    body = {**connection, "connection_id": "ovh_sms_default", "extra": json.dumps(connection["extra"])}
    known = {each["connection_id"] for each in airflow.call("GET", "/connections")["connections"]}
    if "ovh_sms_default" in known:
        airflow.call("PATCH", "/connections/ovh_sms_default", **body)
    else:
        airflow.call("POST", "/connections", **body)
