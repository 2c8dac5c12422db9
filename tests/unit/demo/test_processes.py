"""What is started is found, told from strangers, and ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from ovh_demo import playground
from ovh_demo.local_airflow import ROOT
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.processes import Identity, Process, StartError, members, mentioning

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def until(done: Callable[[], object], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.1)
    return bool(done())


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = Process([*SLEEP, str(tmp_path)], log=tmp_path / "log", env=dict(os.environ), outlive=True)
    yield process
    process.stop()


def recorded(folder: Path, identity: Identity) -> Path:
    state = folder / "running.json"
    state.write_text(json.dumps({"processes": [asdict(identity)]}))
    return state


def test_a_running_sandbox_is_seen(tmp_path: Path) -> None:
    with LocalSandbox(tmp_path / "a sandbox") as sandbox:
        assert sandbox.process is not None
        assert mentioning(tmp_path) == [sandbox.process.pid]
    assert mentioning(tmp_path) == []


def test_a_process_is_seen_by_its_environment(tmp_path: Path) -> None:
    process = Process(SLEEP, log=tmp_path / "log", env={**os.environ, "WHERE": f"{tmp_path}/x"})
    assert mentioning(tmp_path) == [process.pid]
    process.stop()
    assert mentioning(tmp_path) == []


def test_down_ends_what_up_recorded(tmp_path: Path, sleeper: Process) -> None:
    state = recorded(tmp_path, sleeper.identity(tmp_path))
    playground.down(tmp_path)
    assert members(sleeper.pid) == []
    assert not state.exists()


@pytest.mark.parametrize("differs", ["started", "folder"])
def test_down_spares_a_stranger_with_the_same_number(tmp_path: Path, sleeper: Process, differs: str) -> None:
    mine = sleeper.identity(tmp_path)
    theirs = {"started": replace(mine, started=mine.started - 1), "folder": replace(mine, folder="/else")}
    state = recorded(tmp_path, theirs[differs])
    playground.down(tmp_path)
    assert sleeper.popen.poll() is None
    assert not state.exists()


def test_down_ends_what_an_ended_leader_left_in_groups_of_their_own(tmp_path: Path) -> None:
    """As Airflow's tasks, of which each has its own group, when Airflow itself was killed."""
    code = f"import subprocess; subprocess.Popen({[*SLEEP, str(tmp_path)]!r}, process_group=0)"
    leader = Process([sys.executable, "-c", code], log=tmp_path / "log", env=dict(os.environ), outlive=True)
    recorded(tmp_path, leader.identity(tmp_path))
    leader.popen.wait(timeout=20)
    left = members(leader.pid)
    assert len(left) == 1
    assert os.getpgid(left[0].pid) != leader.pid
    playground.down(tmp_path)
    assert members(leader.pid) == []


def test_down_without_up_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    playground.down(tmp_path)
    assert capsys.readouterr().out == "Nothing runs.\n"


def test_up_refuses_to_start_twice(tmp_path: Path, sleeper: Process) -> None:
    state = recorded(tmp_path, sleeper.identity(tmp_path))
    with pytest.raises(StartError, match=r"runs already.*make down"):
        playground.up(tmp_path, 1)
    assert state.exists()


def test_up_on_a_busy_port_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "ovh_demo",
            "up",
            "--folder",
            str(tmp_path / "up"),
            "--port",
            str(port),
        ]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "include")])}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"ERROR: Airflow cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "up").exists()


def test_up_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow cannot start where a file stands in the place of its database's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////nowhere/at/all.db")
    with pytest.raises(StartError, match="Airflow ended with code"):
        playground.up(tmp_path / "up", port)
    assert not (tmp_path / "up" / "running.json").exists()
    assert until(lambda: mentioning(tmp_path) == [])


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's end"
)
@pytest.mark.parametrize("outlive", [False, True])
def test_what_a_killed_parent_leaves(tmp_path: Path, outlive: bool) -> None:
    """The demo's processes end with it, even if it is killed; those of `make up` go on."""
    code = f"""
import os, sys, time
from pathlib import Path
from ovh_demo.processes import Process
print(Process({[*SLEEP, str(tmp_path)]!r}, log=Path({str(tmp_path / "log")!r}), env=dict(os.environ),
      outlive={outlive}).pid, flush=True)
time.sleep(600)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "include")}
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    if outlive:
        assert not until(lambda: not members(child.pid), seconds=1)
        child.send_signal(signal.SIGKILL)
    assert until(lambda: not members(child.pid))
