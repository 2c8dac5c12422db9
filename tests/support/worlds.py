"""Fixtures: a sandbox started once for a folder of tests; every test gets an account of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.api.outgoing import OutgoingClient
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from support.airflow_task import connection
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor

_numbers = count(1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    folder = tmp_path_factory.mktemp("operators")
    # Loads what the first task would load between its claim and its POST, where it must not stand still.
    warm = new_store(f"sqlite:///{folder}/warm.sqlite")
    warm.close()
    with SandboxProcess(folder, start=None) as sandbox:
        sandbox.features(export_seconds=0.2)
        yield sandbox


@pytest.fixture
def sandbox(world: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SandboxProcess]:
    with new_account(world, monkeypatch, tmp_path):
        yield world


@contextmanager
def new_account(world: SandboxProcess, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """A new account in a sandbox, an Airflow connection to it, and results of its own."""
    world.clear_faults()
    features = world.features(batch_header=True)
    name = f"sms-op{next(_numbers):05d}-1"
    world.add_account(name, creditsLeft=1000)
    first, world.account_name = world.account_name, name
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(world))
    monkeypatch.setenv("OVH_SMS_DATA", str(folder / "data"))
    store = new_store(folder / "data" / "results.sqlite")
    supervisor = Supervisor()
    supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
    store.close()
    # A task reads an empty export again after five seconds; here it is soon filled.
    monkeypatch.setitem(OutgoingClient.export.__kwdefaults__, "poll_seconds", 0.1)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    try:
        yield
    finally:
        world.clear_faults()
        world.features(**features)  # a test's own would be those of each later test
        world.clock_back()
        world.account_name = first


@pytest.fixture
def leaping(sandbox: SandboxProcess) -> Iterator[LeapingTime]:
    """Time in which no wait takes any, and a slow machine changes nothing; see :mod:`support.leaping_time`."""
    leaping_time = LeapingTime(sandbox)
    with leaping_time.installed():
        yield leaping_time
