"""`make up` and `make down`: Airflow with its UI and the sandbox, kept running in the background."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ovh_demo.demo import say
from ovh_demo.local_airflow import ROOT, LocalAirflow
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.processes import Identity, StartError, check_port, end_session

SPEED = 60


def up(folder: Path, port: int) -> None:
    """Start both and leave them running.

    :param folder: receives state, logs and the list of what runs.
    :param port: of Airflow's UI.
    :raises StartError: where they run already, the port is busy, or one does not start.
    """
    state = folder / "running.json"
    if any(identity.runs() for identity in _recorded(state)):
        raise StartError(f"It runs already, see {state}; `make down` ends it")
    check_port(port, what="Airflow")
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = LocalSandbox(folder / "sandbox", speed=SPEED)
    airflow = LocalAirflow(folder / "airflow", include=ROOT / "include", port=port)
    facts: dict[str, Any] = {"url": airflow.url, "processes": []}
    try:
        for service in (sandbox, airflow):
            say(f"{service.what}: starting …")
            facts["processes"].append(asdict(service.launch(outlive=True)))
            _write(state, facts)  # before it is ready: `down` finds it, whatever happens here
            service.wait()
        _write(state, {**facts, **sandbox.facts, "url": airflow.url})
        _connect(airflow, sandbox)
    except BaseException:
        airflow.stop()
        sandbox.stop()
        state.unlink(missing_ok=True)
        raise
    say(f"Airflow:  {airflow.url}  (no password: it only listens on this machine)")
    say(f"Sandbox:  {sandbox.facts['endpoint']}, one minute of its time each second")
    say(f"Control:  {sandbox.facts['control']}, see docs/sandbox.md")
    say(
        "Campaigns: include/campaigns; unpause sms_campaign_report and sms_campaign_guide, then trigger the latter"
    )
    say("End both: make down")


def down(folder: Path) -> None:
    """End what :func:`up` started; nothing else, even where a number of its was given to another process.

    :param folder: as given to :func:`up`.
    """
    state = folder / "running.json"
    running = [identity for identity in _recorded(state) if identity.runs()]
    for identity in reversed(running):  # Airflow before the sandbox it talks to
        end_session(identity.pid)
    state.unlink(missing_ok=True)
    say("Ended." if running else "Nothing runs.")


def _recorded(state: Path) -> list[Identity]:
    if not state.exists():
        return []
    return [Identity(**each) for each in json.loads(state.read_text()).get("processes", [])]


def _write(state: Path, facts: dict[str, Any]) -> None:
    """All of it or nothing."""
    new = state.with_suffix(".new")
    new.write_text(json.dumps(facts, indent=2) + "\n")
    new.replace(state)


def _connect(airflow: LocalAirflow, sandbox: LocalSandbox) -> None:
    """Make the connection, or point it at the sandbox's new port."""
    import requests

    connection = sandbox.connection
    body = {**connection, "connection_id": "ovh_sms_default", "extra": json.dumps(connection["extra"])}
    try:
        known = {each["connection_id"] for each in airflow.call("GET", "/connections")["connections"]}
        if "ovh_sms_default" in known:
            airflow.call("PATCH", "/connections/ovh_sms_default", **body)
        else:
            airflow.call("POST", "/connections", **body)
    except requests.RequestException as error:
        raise StartError(
            f"Airflow did not take the connection ovh_sms_default: {error}; see {airflow.log_file}"
        ) from error
