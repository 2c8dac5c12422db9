"""docs/connection.md against errors, form and pool; every connection shown is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ovh_sms.errors
from ovh_sms.hooks.settings import LABELS, connection_settings
from ovh_sms.policy import retry_policy
from support.pages import ROOT, chapter, table, text


def subclasses(base: type) -> Iterator[type]:
    yield base
    for each in base.__subclasses__():
        if each.__module__ == base.__module__:
            yield from subclasses(each)


def test_every_error_is_told_with_whether_it_is_tried_again() -> None:
    told = table(chapter(text("connection.md"), "What an error means"))
    told.pop("Error")
    assert set(told) == {each.__name__ for each in subclasses(ovh_sms.errors.OvhSmsError)}
    waits = {rule.exception.rsplit(".", 1)[-1]: rule.retry_delay for rule in retry_policy().rules}
    for name, cells in told.items():
        wait = waits.get(name)
        expected = f"after {wait.total_seconds() / 60:g} min" if wait else "no"
        assert cells[1] == expected, name


def test_every_field_of_the_connection_form_is_told() -> None:
    told = table(chapter(text("connection.md"), "The form"))
    told.pop("Field")
    assert set(told) == set(LABELS.values())
    special = {"application_key": "`login`", "application_secret": "`password`"}
    for name, label in LABELS.items():
        assert told[label][0] == special.get(name, f"`{name}` in `extra`")


def test_the_policy_shown_puts_our_tasks_into_the_pool_and_no_others(tmp_path: Path) -> None:
    ((code, pool),) = re.findall(
        r'```python\n(def task_policy.+?= "(\w+)"\n)```', text("connection.md"), re.DOTALL
    )
    (tmp_path / "airflow_local_settings.py").write_text(code)
    script = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"dags = DagBag(dag_folder={str(ROOT / 'dags')!r}).dags.values()\n"
        "for task in (task for dag in dags for task in dag.tasks):\n"
        "    print(type(task).__module__.split('.')[0] == 'ovh_sms', task.pool)\n"
    )
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", ""), *sys.path])
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = {line for line in run.stdout.splitlines() if line.startswith(("True ", "False "))}
    assert f"True {pool}" in found, run.stderr
    assert found <= {f"True {pool}", "False default_pool"}


def connections(name: str) -> list[tuple[str, str]]:
    found = re.findall(r"export AIRFLOW_CONN_(\w+)='([^']+)'", text(name))
    return [(conn_id.lower(), value) for conn_id, value in found]


def test_the_connections_shown_are_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    shown = [*connections("connection.md"), *connections("sandbox.md")]
    assert len(shown) == 4
    for conn_id, value in shown:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
        settings = connection_settings(BaseHook.get_connection(conn_id))
        assert settings.account.startswith("sms-")


def test_the_results_connection_shown_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    from ovh_sms.hooks.results import connection_url

    ((conn_id, value),) = connections("results-and-report.md")
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
    url = connection_url(BaseHook.get_connection(conn_id))
    assert url == "postgresql://sms:PASSWORD@db.example.com/sms?sslmode=require"
