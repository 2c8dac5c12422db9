"""Own processes are found, distinguished from others, and ended."""

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
from typing import Any

import psutil
import pytest

from ovh_demo import playground
from ovh_demo.local_airflow import ROOT
from ovh_demo.local_sandbox import LocalSandbox
from ovh_demo.processes import PidRecord, StartError, end_session, free_port, members, mentioning, start

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def until(done: Callable[[], object], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.1)
    return bool(done())


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[psutil.Popen]:
    process = start([*SLEEP, str(tmp_path)], log=tmp_path / "log", env=dict(os.environ), outlive=True)
    record = PidRecord.of(process, tmp_path)
    assert until(record.is_running)  # on a busy machine its command line may not be readable at once
    yield process
    end_session(process.pid)
    process.wait(timeout=30)


def recorded(folder: Path, record: PidRecord) -> Path:
    pid_file = folder / "running.json"
    pid_file.write_text(json.dumps({"processes": [asdict(record)]}))
    return pid_file


def test_a_running_sandbox_is_found_until_it_is_ended(tmp_path: Path) -> None:
    with LocalSandbox(tmp_path / "a sandbox") as sandbox:
        assert sandbox.process is not None
        assert mentioning(tmp_path) == [sandbox.process.pid]
    assert mentioning(tmp_path) == []


def test_a_process_is_found_by_its_environment(tmp_path: Path) -> None:
    process = start(SLEEP, log=tmp_path / "log", env={**os.environ, "WHERE": f"{tmp_path}/x"})
    assert mentioning(tmp_path) == [process.pid]
    end_session(process.pid)
    process.wait(timeout=30)
    assert mentioning(tmp_path) == []


def test_down_ends_what_up_recorded(tmp_path: Path, sleeper: psutil.Popen) -> None:
    state = recorded(tmp_path, PidRecord.of(sleeper, tmp_path))
    playground.down(tmp_path)
    assert members(sleeper.pid) == []
    assert not state.exists()


@pytest.mark.parametrize("of_another_process", [{"identity": 1}, {"folder": "/else"}])
def test_down_spares_another_process_with_the_same_pid(
    tmp_path: Path, sleeper: psutil.Popen, of_another_process: dict[str, Any]
) -> None:
    pid_file = recorded(tmp_path, replace(PidRecord.of(sleeper, tmp_path), **of_another_process))
    playground.down(tmp_path)
    assert sleeper.poll() is None
    assert not pid_file.exists()


def test_a_pid_record_is_valid_in_another_program(tmp_path: Path, sleeper: psutil.Popen) -> None:
    code = f"import psutil; print(hash(psutil.Process({sleeper.pid})))"
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(read.stdout) == PidRecord.of(sleeper, tmp_path).identity


def test_down_ends_what_an_ended_leader_left_in_groups_of_their_own(tmp_path: Path) -> None:
    code = f"import subprocess; subprocess.Popen({[*SLEEP, str(tmp_path)]!r}, process_group=0)"
    leader = start([sys.executable, "-c", code], log=tmp_path / "log", env=dict(os.environ), outlive=True)
    recorded(tmp_path, PidRecord.of(leader, tmp_path))
    leader.wait(timeout=20)
    assert until(lambda: len(members(leader.pid)) == 1)
    left = members(leader.pid)
    assert os.getpgid(left[0].pid) != leader.pid
    playground.down(tmp_path)
    assert members(leader.pid) == []


def test_down_without_up_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    playground.down(tmp_path)
    assert capsys.readouterr().out == "Nothing runs.\n"


def test_up_refuses_to_start_twice(tmp_path: Path, sleeper: psutil.Popen) -> None:
    state = recorded(tmp_path, PidRecord.of(sleeper, tmp_path))
    with pytest.raises(StartError, match=r"run already.*make down"):
        playground.up(tmp_path, 1)
    assert state.exists()


def test_up_on_a_busy_port_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        up = ["up", "--folder", str(tmp_path / "up"), "--port", str(port)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "include")])}
        done = subprocess.run(
            [sys.executable, "-m", "ovh_demo", *up], env=env, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert f"ERROR: Airflow cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "up").exists()


def test_up_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////nowhere/at/all.db")
    with pytest.raises(StartError, match="Airflow ended with code"):
        playground.up(tmp_path / "up", free_port())
    assert not (tmp_path / "up" / "running.json").exists()
    assert until(lambda: mentioning(tmp_path) == [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux signals a child at its parent's end")
@pytest.mark.parametrize("outlive", [False, True])
def test_processes_outlive_a_killed_parent_only_if_asked(tmp_path: Path, outlive: bool) -> None:
    code = f"""
import os, time
from pathlib import Path
from ovh_demo.processes import start
print(start({[*SLEEP, str(tmp_path)]!r}, log=Path({str(tmp_path / "log")!r}), env=dict(os.environ),
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
