"""A day of campaigns in simulated time: the package's own operators and watch, against the sandbox over HTTP.

OVH is away again and again, for 1 to 90 minutes; some answers are lost right before. Scheduler and triggerer are
restarted. Then every campaign must be reported, or failed with the reason; some cannot be sent and must fail.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time as real_time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import psutil  # type: ignore[import-untyped]

from bench.busy_key import use_store
from load.simulated_airflow import SimulatedAirflow, Task, TaskFailed
from load.virtual_time import VirtualTime
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess

RECEIVERS = 5
#: One campaign in so many has too small a budget, and must fail.
TOO_EXPENSIVE = 20
#: Hours after the last start in which the reports must be made.
COLLECT_HOURS = 6
CALLS_PER_MINUTE = 600
OUTAGE_MINUTES = 1, 90
#: Seconds for which a restarted scheduler or triggerer is away.
AWAY = 10.0, 120.0
RESTART_EVERY = 600.0, 4500.0
POST = {"method": "POST", "path": "/sms/*/jobs"}
HOUR = 3600.0
SAMPLES = 30
CAMPAIGN = """\
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #prenom#, votre commande {number} est en route."
contacts: {{file: {number}.csv}}
budget: {budget}
collect_within_hours: {hours}
"""


@dataclass
class SimulatedCampaign:
    """One run of one campaign, and its end.

    :param is_sendable: whether it must be reported.
    """

    number: int
    folder: Path
    is_sendable: bool
    report: dict[str, Any] | None = None
    reason: str = ""
    tag: str = ""
    done: list[str] = field(default_factory=list)

    def write(self) -> None:
        numbers = range(self.number * RECEIVERS, (self.number + 1) * RECEIVERS)
        lines = ["number;prenom", *(f"063998{at:04d};P{at}" for at in numbers)]
        (self.folder / f"{self.number}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        budget = 10 if self.is_sendable else 1
        about = CAMPAIGN.format(number=self.number, budget=budget, hours=COLLECT_HOURS)
        (self.folder / f"day{self.number}.yaml").write_text(about, encoding="utf-8")

    def run(self, airflow: SimulatedAirflow) -> None:
        """Run its tasks, and those of its report, one after the other."""
        it = load_file(self.folder / f"day{self.number}.yaml", Campaign)
        assert isinstance(it, Campaign)
        planned = airflow.time.now()

        def done(name: str, kind: Callable[..., Any], **given: Any) -> Any:
            found = airflow.run(
                Task(lambda: kind(task_id=name, **given), lambda number: self._context(name, number, planned))
            )
            self.done.append(name)
            return found

        try:
            prepared = done("prepare", PrepareContactsOperator, **it.prepare_arguments(self.folder))
            done("preflight", PreflightOperator, prepared=prepared, **it.preflight_arguments())
            uploaded = done("upload_receivers", UploadReceiversOperator, prepared=prepared)
            given = {"receivers": uploaded, "prepared": prepared, **it.submission_arguments()}
            try:
                sent = done("send", SendJobOperator, **given)
            finally:
                done("free_receivers", FreeReceiversSlotOperator, receivers=uploaded)
            self.tag = sent["tag"]
            collected = done("collect", CollectOutgoingSensor, submission=sent)
            self.report = done("report", BuildReportOperator, collected=collected)
        except TaskFailed as error:
            self.reason = str(error)

    def _context(self, name: str, number: int, planned: datetime) -> dict[str, Any]:
        here = context(task_id=name, run_id=f"run_{self.number}", try_number=number)
        run = SimpleNamespace(run_type="scheduled", logical_date=planned, run_after=planned, conf=None)
        return {**here, "dag_run": run}


class Day:
    """All campaigns of a day, and what happens to them.

    :param hours: in which they start.
    """

    def __init__(self, campaigns: int, *, hours: float, seed: int) -> None:
        self.count, self.hours = campaigns, hours
        self.rng = Random(seed)
        self.counts: Counter[str] = Counter()
        self.samples: list[tuple[float, float, int]] = []

    def run(self) -> dict[str, Any]:
        began = real_time.monotonic()
        with tempfile.TemporaryDirectory(prefix="ovh_sms_day_") as name:
            folder = Path(name)
            with SandboxProcess(folder / "sandbox", start=None) as self.sandbox:
                self._connect(folder)
                self.time = VirtualTime(self._leap)
                with self.time.installed():
                    self.airflow = SimulatedAirflow(self.time)
                    self.campaigns = [
                        SimulatedCampaign(number, folder, is_sendable=number % TOO_EXPENSIVE != 1)
                        for number in range(self.count)
                    ]
                    self._plan()
                    self.time.run(until=self.time.monotonic() + (self.hours + 3 * COLLECT_HOURS) * HOUR)
                found = self._found()
        return {**found, "seconds": round(real_time.monotonic() - began, 1)}

    def _connect(self, folder: Path) -> None:
        self.sandbox.account(creditsLeft=100 * self.count * RECEIVERS)
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        limits = {"calls_per_minute": CALLS_PER_MINUTE, "read_retry_seconds": 120}
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(self.sandbox, **limits)
        use_store(folder / "data")

    def _leap(self, skipped: float) -> None:
        if self.sandbox.process is not None:
            self.sandbox.clock(offset=skipped)

    def _plan(self) -> None:
        self.left = self.count
        for each in self.campaigns:
            each.write()
            self.time.start(lambda each=each: self._campaign(each), after=self.rng.uniform(0, self.hours * HOUR))
        self.time.start(self._outages, after=0.02 * self.hours * HOUR)
        self.time.start(self._restarts, after=0.01 * self.hours * HOUR)
        self.time.start(self._measure)

    def _campaign(self, each: SimulatedCampaign) -> None:
        each.run(self.airflow)
        self.left -= 1
        if not self.left:
            self.airflow.triggerer.stop()

    def _outages(self) -> None:
        """OVH is away for a while, then there again for as long; the first outages are the shortest and the longest."""
        lasting = [minutes * 60.0 for minutes in OUTAGE_MINUTES]
        while self.left:
            seconds = lasting.pop(0) if lasting else self.rng.uniform(*(minutes * 60.0 for minutes in OUTAGE_MINUTES))
            self.sandbox.fault("lost_answer", **POST)
            self.time.wait(self.rng.uniform(0, 600))
            self.counts["outages"] += 1
            is_unreachable = self.rng.random() < 0.5
            if is_unreachable:
                self.sandbox.stop()
            else:
                self.sandbox.fault("status", status=503, times=None)
            self.time.wait(seconds)
            if is_unreachable:
                self.sandbox.start()
                self._leap(self.time.skipped)
            self.counts["lost_answers"] = self.sandbox.fired().get("lost_answer", 0)
            self.sandbox.clear_faults()
            self.time.wait(seconds * self.rng.uniform(0.5, 1.5) + 600)

    def _restarts(self) -> None:
        while self.left:
            away = self.rng.uniform(*AWAY)
            if self.rng.random() < 0.5:
                self.airflow.restart_scheduler(away=away)
            else:
                self.airflow.triggerer.restart(away=away)
            self.time.wait(self.rng.uniform(*RESTART_EVERY))

    def _measure(self) -> None:
        """Sample this process again and again, with nothing left to free."""
        process = psutil.Process()
        while self.left:
            gc.collect()
            self.samples.append((self.time.monotonic(), process.memory_info().rss / 2**20, process.num_fds()))
            self.time.wait((self.hours + COLLECT_HOURS) * HOUR / SAMPLES)

    def _found(self) -> dict[str, Any]:
        truth = self.sandbox.truth()
        ends = Counter(map(self._end, self.campaigns))
        warm = self.samples[len(self.samples) // 5 :]
        return {
            "campaigns": self.count,
            "hours": self.hours,
            "reported": ends["reported"],
            "failed_with_reason": ends["failed"],
            "failed_by_plan": sum(not each.is_sendable for each in self.campaigns),
            "lost": ends["lost"],
            "sent": truth["accepted"],
            "twice": truth["twice"],
            "outages": self.counts["outages"],
            "lost_answers": self.counts["lost_answers"],
            "triggerer_restarts": self.airflow.triggerer.restarts,
            **{name: self.airflow.counts[name] for name in ("scheduler_restarts", "tasks_run_twice", "failed_tries")},
            "unexpected": [
                f"campaign {each.number} after {each.done}: {each.reason or 'no end'}"
                for each in self.campaigns
                if each.is_sendable == (each.report is None)
            ],
            "rss_growth_mb": round(max(each[1] for each in warm) - warm[0][1], 1),
            "open_files_growth": max(each[2] for each in warm) - warm[0][2],
        }

    def _end(self, each: SimulatedCampaign) -> str:
        if each.report is not None:
            real = self.sandbox.truth(each.tag)
            is_right = Path(each.report["report"]).exists() and real["accepted"] == RECEIVERS and not real["twice"]
            return "reported" if is_right else "lost"
        return "failed" if each.reason.partition(": ")[2] else "lost"


def measure(campaigns: int, *, hours: float = 24.0, seed: int = 1) -> dict[str, Any]:
    """Run a day in a process of its own, with an Airflow home of its own.

    :returns: its counts, and in ``unexpected`` the campaigns that should have ended otherwise, with their errors.
    """
    with tempfile.TemporaryDirectory(prefix="ovh_sms_day_") as home:
        # A thread plays a task's process: memory that it frees must not stay with it.
        environment = {
            **os.environ,
            "AIRFLOW_HOME": home,
            "MALLOC_ARENA_MAX": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        }
        command = [sys.executable, "-m", "load.day", *map(str, (campaigns, hours, seed))]
        log = Path(home) / "day.log"
        with log.open("wb") as errors:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, check=False, env=environment)
        if done.returncode:
            raise RuntimeError("\n".join(log.read_text().splitlines()[-40:]))
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    the_day = Day(int(sys.argv[1]), hours=float(sys.argv[2]), seed=int(sys.argv[3]))
    print(json.dumps(the_day.run()), flush=True)
