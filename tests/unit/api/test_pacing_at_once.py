"""Real processes with one key: together they keep within the calls per minute, counted by the sandbox."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ovh_sms.api.credentials import Credentials
from ovh_sms.api.pacing import PERIOD_SECONDS, TokenBucket
from ovh_sms.clock import SystemClock
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.alone

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
PROCESSES, LIMIT, SECONDS = 4, 120, 4.0

# Reads the account again and again until the time is over; prints how often, and how often OVH said "too many".
TASK = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import RateLimited
about = json.loads(sys.argv[2])
client = OvhSmsClient(credentials=Credentials(**about["keys"]), account="sms-sb00001-1",
                      calls_per_minute=about["limit"], pacing_file=Path(about["file"]),
                      retry=RetryPolicy(total_seconds=0))
print("ready", flush=True)
sys.stdin.readline()
made = refused = 0
end = time.monotonic() + about["seconds"]
while time.monotonic() < end:
    try:
        client.account.get()
    except RateLimited:
        refused += 1
    made += 1
print(made, refused)
"""


def ask_at_once(keys: Credentials, files: list[Path]) -> list[tuple[int, int]]:
    def begin(file: Path) -> subprocess.Popen[str]:
        about = {"keys": dataclasses.asdict(keys), "file": str(file), "limit": LIMIT, "seconds": SECONDS}
        command = [sys.executable, "-c", TASK, str(PLUGINS), json.dumps(about)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    tasks = [begin(file) for file in files]
    try:
        for task in tasks:
            assert task.stdout is not None
            assert task.stdout.readline() == "ready\n"
        for task in tasks:
            assert task.stdin is not None
            task.stdin.write("go\n")
            task.stdin.flush()
        answers = [task.communicate(timeout=60)[0].split() for task in tasks]
    finally:
        for task in tasks:
            task.kill()
            task.wait()
    return [(int(made), int(refused)) for made, refused in answers]


@pytest.mark.parametrize("shared", [True, False])
def test_processes_together_keep_within_the_limit(
    sandbox: SandboxProcess, keys: Credentials, tmp_path: Path, shared: bool
) -> None:
    sandbox.rate_limit(LIMIT)
    sandbox.reset_calls()
    files = [tmp_path / "pacing"] * PROCESSES if shared else [tmp_path / f"pacing {n}" for n in range(6)]
    start = time.monotonic()
    answers = ask_at_once(keys, files)
    took = time.monotonic() - start
    made, refused = sandbox.calls()["total"], sum(refused for _, refused in answers)
    burst, per_second = LIMIT // 6, (LIMIT - LIMIT // 6) / PERIOD_SECONDS
    if shared:
        assert refused == 0
        assert made <= burst + per_second * took + 1
        assert made >= 0.8 * (burst + per_second * SECONDS), "the limit is made use of"
        assert min(count for count, _ in answers) >= 1, "no process starves"
    else:
        assert refused > 0, "each by itself would be too much: the limit above was a limit"


def test_a_call_costs_next_to_nothing(tmp_path: Path) -> None:
    bucket = TokenBucket(6_000_000, shared=tmp_path / "pacing", clock=SystemClock())
    start = time.process_time()
    for _ in range(2000):
        bucket.acquire()
    each = (time.process_time() - start) / 2000
    assert each < 0.001, f"{each * 1e6:.0f} µs, where a call takes 10 ms and more"


def test_a_paused_or_killed_task_blocks_no_other(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom ovh_sms.api.pacing import TokenBucket\n"
        "from ovh_sms.clock import SystemClock\n"
        "bucket = TokenBucket(12, shared=Path(sys.argv[2]), clock=SystemClock())\n"
        "bucket.acquire(); print('waits', flush=True)\nwhile True: bucket.acquire()\n"
    )
    file = tmp_path / "pacing"
    command = [sys.executable, "-c", code, str(PLUGINS), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as task:
        try:
            assert task.stdout is not None
            assert task.stdout.readline() == "waits\n"
            time.sleep(0.3)  # it sleeps until its turn
            for how in (signal.SIGSTOP, signal.SIGKILL):
                os.kill(task.pid, how)
                start = time.monotonic()
                assert TokenBucket(12_000, shared=file, clock=SystemClock()).acquire(write=True) < 2
                assert time.monotonic() - start < 5
        finally:
            task.kill()
