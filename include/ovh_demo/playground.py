"""`make up` and `make down`: Airflow with its UI and the sandbox, kept running in the background."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ovh_demo.local_airflow import ROOT, LocalAirflow
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.processes import PidRecord, StartError, check_port, end_session, free_port

SPEED = 60
CONNECTION = "ovh_sms_default"


def up(folder: Path, port: int) -> None:
    """Start Airflow and the sandbox and leave them running.

    :param folder: receives their state, their logs and the pid file ``running.json``.
    :param port: of Airflow's UI.
    :raises StartError: if they run already, the port is busy, or one of them does not start.
    """
    pid_file = folder / "running.json"
    if any(record.is_running() for record in _records(pid_file)):
        raise StartError(f"Airflow and the sandbox run already, see {pid_file}. End them with `make down`.")
    check_port(port)
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = LocalSandbox(folder / "sandbox", speed=SPEED, port=_kept_port(folder / "sandbox" / "port"))
    airflow = LocalAirflow(folder / "airflow", include=ROOT / "include", port=port)
    _write_environment(folder / "airflow.env", airflow)
    content: dict[str, Any] = {"url": airflow.url, "processes": []}
    try:
        for service in (sandbox, airflow):
            print(f"{service.title}: starting …", flush=True)
            content["processes"].append(asdict(service.launch(outlive=True)))
            _write(pid_file, content)  # before it is ready, so that `make down` finds it
            service.wait()
        _write(pid_file, {**content, **sandbox.ready, "url": airflow.url})
        _connect(airflow, sandbox)
    except BaseException:
        airflow.stop()
        sandbox.stop()
        pid_file.unlink(missing_ok=True)
        raise
    print(
        f"Airflow:   {airflow.url} (no password: it only listens on this machine)\n"
        f"Sandbox:   {sandbox.ready['endpoint']} (one minute of its time passes in each second)\n"
        f"Control:   {sandbox.ready['control']}, see docs/sandbox.md\n"
        "Campaigns: include/campaigns; unpause sms_campaign_report and sms_campaign_guide, "
        "then trigger sms_campaign_guide\n"
        "Commands:  make airflow ARGS='connections list'; .venv/bin/ovh-sms uses the same Airflow\n"
        "End both:  make down"
    )


def down(folder: Path) -> None:
    """End the processes of :func:`up` in the same folder, and no process that got one of their pids later."""
    pid_file = folder / "running.json"
    running = [record for record in _records(pid_file) if record.is_running()]
    for record in reversed(running):  # Airflow before the sandbox, which it calls
        end_session(record.pid)
    pid_file.unlink(missing_ok=True)
    print("Airflow and the sandbox have ended." if running else "Nothing runs.")


def _kept_port(file: Path) -> int:
    """The sandbox's port of the last time; another one if a program uses it by now."""
    try:
        port = int(file.read_text())
        check_port(port)
    except (OSError, ValueError, StartError):
        port = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{port}\n")
    return port


def _write_environment(file: Path, airflow: LocalAirflow) -> None:
    """Write what a command needs to use this Airflow, as a shell reads it; it holds the key of the connections."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in airflow.settings.items()))


def _records(pid_file: Path) -> list[PidRecord]:
    if not pid_file.exists():
        return []
    return [PidRecord(**each) for each in json.loads(pid_file.read_text()).get("processes", [])]


def _write(pid_file: Path, content: dict[str, Any]) -> None:
    """Write the whole file or nothing."""
    new = pid_file.with_suffix(".new")
    new.write_text(json.dumps(content, indent=2) + "\n")
    new.replace(pid_file)


def _connect(airflow: LocalAirflow, sandbox: LocalSandbox) -> None:
    """Make the connection, or point it at the sandbox's port and keys."""
    import requests

    connection = sandbox.connection
    # The form of Airflow 3.3 sends a port always, and its test refuses a connection that is stored without any.
    body = {**connection, "connection_id": CONNECTION, "port": 443, "extra": json.dumps(connection["extra"])}
    try:
        known = {each["connection_id"] for each in airflow.call("GET", "/connections")["connections"]}
        if CONNECTION in known:
            airflow.call("PATCH", f"/connections/{CONNECTION}", **body)
        else:
            airflow.call("POST", "/connections", **body)
    except requests.RequestException as error:
        raise StartError(
            f"Airflow refused the connection {CONNECTION}: {error}. Airflow and the sandbox were ended. "
            f"See {airflow.log_file}."
        ) from error
