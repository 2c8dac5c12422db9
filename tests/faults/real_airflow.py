"""Faults through a real Airflow: its scheduler, its triggerer, its task processes, its retries."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from faults.by_attempt import decidable, read_attempts
from faults.count import Counts, count_runs
from faults.real_hits import UNCOUNTED, Driver, break_calls
from faults.real_orders import ORDERS, RealOrder, pay
from faults.real_runs import ENDED, HastyAirflow, RealRun
from support.airflow_task import connection
from support.sandbox import SandboxProcess

#: Campaigns started together, and batches of each.
WAVE, BATCHES = 3, 8
#: Each has numbers of its own, of the ten thousand that belong to nobody.
MOST = 24
#: With so few tasks left the next campaigns are started.
FEW = 4
REPORT_SECONDS = 15.0
#: Messages of other programs on the account in a second, and seconds for which OVH shows nothing new.
STRANGERS, LATE = 1.0, 1.5
#: Seconds, as the DAGs of dags/hasty_campaigns.py have them.
QUIET_PERIOD, RECONCILE_TIMEOUT = 10.0, 60.0
ROUNDS = 4


def through_airflow(
    *, seed: int, wanted: int, minutes: float, wave: int = WAVE, batches: int = BATCHES
) -> tuple[Counts, list[str]]:
    """Run campaigns in a real Airflow until enough faults have hit.

    The moments depend on the machine; kinds, chances and campaigns are those of the seed.

    :param wanted: faults.
    :param minutes: start no campaigns after half of it; a task that has not ended by then is a breach.
    :param wave: campaigns started together.
    :param batches: batches of each.
    :returns: the counts, and the errors that tasks ended with.
    """
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_real_airflow_"))
    print(f"\nThrough a real Airflow ({wanted} faults, seed {seed}):", flush=True)
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=1_000_000)
        sandbox.features(strangers_per_second=STRANGERS, late_orders=LATE, late_messages=LATE)
        airflow = HastyAirflow(folder, connection=connection(sandbox))
        runs = [RealRun(airflow, seed, number, batches) for number in range(MOST)]
        with airflow:
            orders = [RealOrder(airflow, number) for number in range(ORDERS)]
            suite = RealSuite(airflow, sandbox, runs, orders, seed, minutes)
            try:
                counts = suite.run(wanted, wave)
            except Exception:  # then nothing is proven
                counts = Counts(silent=1)
                suite.errors += ["the harness itself failed", *traceback.format_exc().splitlines()]
            finally:
                suite.driver.close()
    errors = [f"{run.name} {task}[{i}]: {error}" for run in runs for (task, i), error in run.errors.items()]
    errors += suite.errors
    if counts.breaches:
        print(f"BREACH {counts.breaches} through Airflow; files: {folder}")
        print(f"  replay: python -m faults --seed {seed} --injected 0 --airflow {wanted}")
        print("".join(f"  {line}\n" for line in errors), flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return counts, errors


class RealSuite:
    """Starts campaigns, has them hit, mends them, counts.

    :param runs: all campaigns that there are.
    :param orders: all that orders credits: one run of it beside each few campaigns.
    :param minutes: after so long no more are started.
    """

    def __init__(
        self,
        airflow: HastyAirflow,
        sandbox: SandboxProcess,
        runs: list[RealRun],
        orders: list[RealOrder],
        seed: int,
        minutes: float,
    ) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.waiting = list(runs)
        self.unordered = list(orders)
        self.orders: list[RealOrder] = []
        self.seed = seed
        self.began = self._reported = time.monotonic()
        self.seconds = minutes * 60
        self.driver = Driver(airflow, sandbox, Random(f"{seed}/driver"))
        self.runs: list[RealRun] = []
        self.errors: list[str] = []

    def run(self, wanted: int, wave: int) -> Counts:
        """Under faults, then without; resolve unknown outcomes; clear every send task once more."""
        planned = {run.dag_id for run in [*self.waiting, *self.unordered]}
        self._until(lambda: planned <= self.airflow.dag_ids(), 120)
        break_calls(self.sandbox, self.seed)
        while self.waiting and self._injected().total() < wanted and self._age() < self.seconds * 0.6:
            new, self.waiting = self.waiting[:wave], self.waiting[wave:]
            ordering, self.unordered = self.unordered[:1], self.unordered[1:]
            for run in [*new, *ordering]:
                run.start()
            self.runs += new
            self.orders += ordering
            self._wait(hit_until=wanted)
        injected = self._injected()
        self.sandbox.clear_faults()
        self._wait()
        self._mend()
        before = len(self.sandbox.messages())
        ordered = len(self.sandbox.orders())
        for run in self._all():
            run.clear([run.task])
        self._wait()
        self._mend()
        self.errors.append(f"ended by themselves and started anew: {dict(self.driver.revived)}")
        self.errors.append(
            f"cleared everything: {before} messages before, {len(self.sandbox.messages())} after; "
            f"{ordered} orders before, {len(self.sandbox.orders())} after"
        )
        attempts, messages = read_attempts(self.airflow.results), self.sandbox.messages()
        counts = count_runs(messages, self.sandbox.orders(), self.runs, self.orders, attempts)
        tags = Counter(each["tag"] for each in messages)
        counts.add_decided(
            decidable(tags, attempts, listed_after={}, quiet_period=QUIET_PERIOD, reconcile_timeout=RECONCILE_TIMEOUT)
        )
        counts.injected = injected.total()
        counts.hits.update({f"Airflow: {kind}": count for kind, count in injected.items()})
        return counts

    def _mend(self) -> None:
        for _ in range(ROUNDS):
            failed = [run for run in self._all() if run.errors]
            if not failed:
                return
            for run in failed:
                for (task, i), error in run.errors.items():
                    if error["error"] != "Upstream":
                        self.errors.append(f"mended {run.name} {task}[{i}]: {error['error']}: {error['says']}")
                run.decide(self.sandbox)
                run.mend()
            self._wait()

    def _wait(self, *, hit_until: int = 0) -> None:
        time.sleep(2)
        while self._age() < self.seconds:
            tasks = self.airflow.all_tasks()
            over = [run.update(tasks) for run in self._all()]
            pay(self.sandbox, self.orders)
            self.driver.keep_up()
            if all(over) or (hit_until and self._more_wanted(tasks, hit_until)):
                return
            if self._injected().total() < hit_until:
                self.driver.step(tasks)
            elif hit_until:
                self.sandbox.clear_faults()
            self._report(tasks)
            time.sleep(1)
        raise RuntimeError("The time was over before all tasks had ended: nothing is proven.")

    def _more_wanted(self, tasks: list[dict[str, Any]], hit_until: int) -> bool:
        left = sum(each["state"] not in ENDED for each in tasks)
        return left <= FEW and bool(self.waiting) and self._injected().total() < hit_until

    def _all(self) -> list[RealRun]:
        return [*self.runs, *self.orders]

    def _report(self, tasks: list[dict[str, Any]]) -> None:
        if time.monotonic() - self._reported < REPORT_SECONDS:
            return
        self._reported = time.monotonic()
        minutes, seconds = divmod(int(self._age()), 60)
        states = Counter(str(each["state"]) for each in tasks)
        about = ", ".join(f"{count} {state}" for state, count in states.most_common())
        sent = self.sandbox.truth()["accepted"]
        print(
            f"  {minutes:>2}:{seconds:02} {self._injected().total():>5} faults{sent:>8} messages   {about}", flush=True
        )

    def _injected(self) -> Counter[str]:
        fired = {kind: count for kind, count in self.sandbox.fired().items() if kind not in UNCOUNTED}
        return Counter(fired) + self.driver.hits

    def _age(self) -> float:
        return time.monotonic() - self.began

    def _until(self, done: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise RuntimeError(f"Airflow has not read the DAGs; see {self.airflow.home}")
            time.sleep(1)
