"""The command, the sandbox and an empty folder of campaigns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.cli.airflow_connections import read_variable, set_variable
from ovh_sms.hooks.store_identity import variable_name
from support.cli import Command, process
from support.sandbox import SandboxProcess
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]


@pytest.fixture(autouse=True)
def _process_context(monkeypatch: pytest.MonkeyPatch) -> None:
    # The command changes it for its process; here it is put back after each test.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables and tasks."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def as_command(
    airflow_database: None, sandbox: SandboxProcess, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Any]:
    """Call a command as a person does; the Variable that tasks see is the one that it reads and sets."""
    tasks = task_runner.SUPERVISOR_COMMS  # type: ignore[attr-defined]
    name = variable_name("ovh_sms_results")

    def call(*words: object) -> Any:
        with monkeypatch.context() as patch:
            patch.delattr(task_runner, "SUPERVISOR_COMMS")
            set_variable(name, tasks.variables[name])
            done = ovh_sms(*(str(word).format(include=tmp_path) for word in words))
            tasks.variables[name] = str(read_variable(name))
        return done

    return call
