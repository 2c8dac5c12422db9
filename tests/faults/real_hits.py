"""Hitting a real Airflow: calls broken by chance, task processes, scheduler, triggerer and sandbox killed."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import psutil  # type: ignore[import-untyped]

from faults.real_runs import HastyAirflow
from faults.single import ORDER, SEND
from ovh_demo.processes import end_session, members, start
from support.sandbox import SandboxProcess

#: Seconds that the client waits for an answer.
READ_SECONDS = 60
#: Chance that a call is broken, shared among the kinds.
OFTEN = {
    "POST /sms/*/jobs": 0.5,
    "POST /me/document": 0.3,
    "PUT /me/document/*": 0.2,
    "* /sms/*/receivers*": 0.15,
    "POST /order/sms/*/credits": 0.6,
}
READS = 0.07
KINDS: list[dict[str, Any]] = [
    {"kind": "lost_answer"},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "html_502"},
    {"kind": "trickle", "seconds": 1.5},
    {"kind": "half_body"},
    {"kind": "wrong_json"},
]
#: An answer that comes after the read timeout; rare, as each takes a minute.
TIMEOUT = {"kind": "slow", "seconds": READ_SECONDS + 2}
TIMEOUTS = {"POST /sms/*/jobs": 0.04, "POST /order/sms/*/credits": 0.1, "GET *": 0.003}
LATE: list[dict[str, Any]] = [
    {"kind": "late_listing", "seconds": 3, "answer": "lost", "chance": 0.05},
    {"kind": "partial", "share": 0.5, "chance": 0.03},
]
#: Components of Airflow that are killed and started anew; seconds between two checks that they live.
COMPONENTS = frozenset({"scheduler", "triggerer"})
KEPT_UP_EVERY = 15.0
#: Tasks that are killed.
KILLED = ("send", "upload_receivers", "order")
#: Seconds that a call is held at most: less than the quiet period.
HELD = 5.0
MOMENTS = ("hold_before", "hold_after")
#: No faults by themselves: the moment of a kill, and a mere delay.
UNCOUNTED = (*MOMENTS, "trickle")
#: Actions of the driver: weight, and how many times at most.
DEEDS = {
    "kill": (5, 1000),
    "worker": (1, 3),
    "hold_before": (3, 1000),
    "hold_after": (3, 1000),
    "sandbox": (1, 3),
    "scheduler": (1, 2),
    "triggerer": (1, 2),
}


def break_calls(sandbox: SandboxProcess, seed: int) -> None:
    """Order that calls break by chance."""
    for about in LATE:
        sandbox.fault(**about, **SEND, times=None, seed=seed)
    for where, chance in TIMEOUTS.items():
        method, path = where.split()
        sandbox.fault(**TIMEOUT, times=None, chance=chance, seed=seed, method=method, path=path)
    for where, often in {**OFTEN, "GET *": READS}.items():
        method, path = where.split()
        for place, about in enumerate(KINDS):
            chance = round(often / len(KINDS), 4)
            more = {"times": None, "chance": chance, "seed": seed * 100 + place}
            sandbox.fault(**about, **more, method=method, path=path)


class Driver:
    """Kills what runs, one thing after the other.

    :param airflow: whose processes, and no others, are killed.
    """

    def __init__(self, airflow: HastyAirflow, sandbox: SandboxProcess, rng: Random) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.rng = rng
        self.hits: Counter[str] = Counter()
        self.started: list[psutil.Popen] = []
        #: Components that ended by themselves; no faults of ours.
        self.revived: Counter[str] = Counter()
        self._checked = time.monotonic()
        self._done: Counter[str] = Counter()
        self._first = rng.sample(list(DEEDS), len(DEEDS))
        self._next = time.monotonic() + 10

    def step(self, tasks: list[dict[str, Any]]) -> None:
        """Hit if it is time to."""
        if time.monotonic() < self._next:
            return
        possible = {name: often for name, (often, most) in DEEDS.items() if self._done[name] < most}
        drawn = self.rng.choices(list(possible), list(possible.values()))[0]
        deed = self._first.pop() if self._first else drawn  # each of them once, then by chance
        running = [each for each in tasks if each["state"] == "running" and each["task_id"] in KILLED]
        if deed in MOMENTS:
            ordering = [each for each in running if each["task_id"] == "order"]
            self._held(deed, "order" if ordering and self.rng.random() < 0.7 else "send")
        elif deed == "sandbox":
            self.sandbox.kill()
            self.sandbox.start()
            self.hits["sandbox killed"] += 1
        elif deed in COMPONENTS:
            self._component(deed)
        elif running:
            self._kill(self.rng.choice(running)["id"], worker=deed == "worker")
        else:
            self._first.insert(0, deed)  # it comes when something runs
            return
        self._done[deed] += 1
        self._next = time.monotonic() + self.rng.uniform(1.0, 4.0)

    def close(self) -> None:
        for each in self.started:
            end_session(each.pid)
            each.wait(timeout=30)

    def _held(self, kind: str, task: str) -> None:
        drop = kind == "hold_before" and self.rng.random() < 0.4
        call = SEND if task == "send" else ORDER
        fault = self.sandbox.fault(kind, **call, seconds=HELD, drop=drop)
        until = time.monotonic() + 8
        while not self.sandbox.holding(fault):
            if time.monotonic() > until:
                return
            time.sleep(0.1)
        for each in self.airflow.all_tasks():
            if each["state"] == "running" and each["task_id"] == task and self._talks(each["id"]):
                self._kill(each["id"])
            held = self.sandbox.holding(fault)
            if not held or held[0]["client_gone"]:
                break
        self.sandbox.release(fault)

    def _processes(self) -> list[psutil.Process]:
        assert self.airflow.process is not None
        sessions = [self.airflow.process.pid, *(each.pid for each in self.started)]
        return [process for session in sessions for process in members(session)]

    def _task(self, number: str) -> psutil.Process | None:
        for process in self._processes():
            try:
                if number in " ".join(process.cmdline()):
                    return process
            except psutil.Error:
                continue
        return None

    def _talks(self, number: str) -> bool:
        process = self._task(number)
        try:
            connections = process.net_connections() if process else []
        except psutil.Error:
            return False
        return any(each.raddr and each.raddr.port == self.sandbox.port for each in connections)

    def _kill(self, number: str, *, worker: bool = False) -> None:
        process = self._task(number)
        if process is None:
            return
        try:
            above = process.parent()
            if worker and above is not None and "airflow worker" in " ".join(above.cmdline()):
                above.send_signal(signal.SIGKILL)
                self.hits["worker killed"] += 1
            process.send_signal(signal.SIGKILL)
            self.hits["kill -9"] += 1
        except psutil.NoSuchProcess:
            return

    def _component(self, name: str) -> None:
        for process in self._processes():
            try:
                if name not in process.cmdline():
                    continue
                process.send_signal(signal.SIGKILL)
            except psutil.Error:
                continue
            self.hits[f"{name} killed"] += 1
            break
        else:
            return
        self._start(name)

    def keep_up(self) -> None:
        """Start a component that has ended by itself: on a busy machine SQLite's lock can end the scheduler."""
        if time.monotonic() - self._checked < KEPT_UP_EVERY:
            return
        self._checked = time.monotonic()
        alive: set[str] = set()
        for process in self._processes():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    alive.update(COMPONENTS & set(process.cmdline()))
        for name in COMPONENTS - alive:
            self.revived[name] += 1
            self._start(name)

    def _start(self, name: str) -> None:
        command = [self.airflow.command[0], name, "--skip-serve-logs"]
        log: Path = self.airflow.home / f"{name}{len(self.started)}.log"
        self.started.append(start(command, log=log, env=self.airflow.env))
