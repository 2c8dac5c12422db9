"""Credits in a real Airflow: both DAGs, and a sandbox with an account for each file."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovh_demo.local_airflow import ROOT, WARM, LocalAirflow
from support.airflow_task import connection
from support.sandbox import SandboxProcess

TOPUP, BALANCE = "sms_credits_topup", "sms_credits_balance"
ENDED = {"success", "failed"}
#: Account files, by name: each has an SMS account of its own. Each costs a run a task or more.
FILES = {
    "plain": "threshold: 1000\nquantity: 1000\nmax_price: 500\n",
    "asks": "threshold: 1000\nquantity: 1000\nmax_price: 500\napproval: {above: 1}\n",
    "late": "threshold: 1000\nquantity: 1000\nmax_price: 500\napproval: {above: 1, within_hours: 0.002}\n",
    "pays": "threshold: 1000\nquantity: 1000\nmax_price: 500\nmax_per_month: 1000\npay: default_method\n",
    "shop": "threshold: 1000\nquantity: 1000\nmax_price: 500\ntransfer: {from: central, keep: 2000}\n",
    "central": "recredit: off\n",
}


class PatientAirflow(LocalAirflow):
    """An Airflow on a machine that may be busy."""

    start_seconds = 400
    stop_seconds = 2  # nothing of it is kept
    call_seconds = 120


@dataclass
class World:
    """An Airflow with both DAGs, and the sandbox with an account for each file."""

    airflow: LocalAirflow
    sandbox: SandboxProcess
    notices: Path
    files: tuple[str, ...]

    def account(self, name: str) -> str:
        return f"sms-{name}-1"

    def hold(self, name: str, credits_left: float) -> None:
        self.sandbox.account(self.account(name), creditsLeft=credits_left)

    def orders(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.sandbox.orders() if each["account"] == self.account(name)]

    def states(self, run_id: str, name: str, dag_id: str = TOPUP) -> dict[str, str]:
        """States of the tasks of one account file, by their short names."""
        tasks = self.airflow.tasks(dag_id, run_id)
        return {task.partition(".")[2]: state for task, state in tasks.items() if task.startswith(f"{name}.")}

    def until(self, check: Callable[[], Any], seconds: float = 600) -> Any:
        end = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < end, self._situation()
            time.sleep(0.5)
        return found

    def _situation(self) -> str:
        """The tasks of the newest runs, and what the parts of Airflow said last."""
        runs = [each["dag_run_id"] for each in self.airflow.runs(TOPUP)][:4]
        tasks = "\n".join(f"{run}: {self.airflow.tasks(TOPUP, run)}" for run in runs)
        said = self.airflow.log_file.read_text(encoding="utf-8", errors="replace")[-6_000:]
        return f"{tasks}\nsandbox calls: {self.sandbox.calls('GET /sms/{serviceName}')}\n{said}"

    def crossings(self) -> list[str]:
        """The runs that a crossing has started."""
        found = self.airflow.runs(TOPUP)
        return [each["dag_run_id"] for each in found if each["run_type"] == "asset_triggered"]

    def above(self, name: str) -> None:
        """Wait until the watch has read an account above its level, so that the next crossing counts."""
        left = self.balance(name)
        self.until(lambda: self._read(name) == (True, left))

    def _read(self, name: str) -> tuple[bool, float] | None:
        """Whether the next crossing counts, and the credits that the watch has read last."""
        with closing(sqlite3.connect(f"{self.airflow.env['OVH_SMS_DATA']}/results.sqlite", timeout=60)) as results:
            query = "SELECT armed, credits FROM ovh_sms_crossings WHERE name = ?"
            found = results.execute(query, (name,)).fetchone()
        return found and (bool(found[0]), found[1])

    def read_twice(self) -> None:
        """Wait until the watch has read all accounts twice more."""
        before = self.sandbox.calls("GET /sms/{serviceName}")
        self.until(lambda: self.sandbox.calls("GET /sms/{serviceName}") >= before + 2 * len(self.watched))

    @property
    def watched(self) -> list[str]:
        """Files that say when credits are ordered."""
        return [name for name in self.files if "threshold" in FILES[name]]

    def cross(self, name: str, credits_left: float) -> str:
        """Let an account fall below its level; returns the run that this starts."""
        known = set(self.crossings())
        self.hold(name, credits_left)
        return str(self.until(lambda: set(self.crossings()) - known).pop())

    def waiting(self, name: str) -> str | None:
        """The run that waits for the credits of an account."""
        runs = [each["dag_run_id"] for each in self.airflow.runs(TOPUP) if each["state"] == "running"]
        return next((run for run in runs if self.states(run, name).get("wait") == "deferred"), None)

    def balance(self, name: str) -> float:
        """Credits of an account, as the sandbox has them."""
        account = self.account(name)
        return float(self.sandbox.truth(account=account)["ledger"][account]["left"])

    def ended(self, run_id: str, dag_id: str = TOPUP) -> str:
        """Wait for the end of a run; returns its state."""

        def state() -> str | None:
            found = next(each["state"] for each in self.airflow.runs(dag_id) if each["dag_run_id"] == run_id)
            return found if found in ENDED else None

        return str(self.until(state))

    def answer(self, run_id: str, name: str, option: str) -> None:
        """Answer the question about an order as a person does, once Airflow has shown it for some time.

        Airflow 3.3 fails a task that is answered before its scheduler has seen that it waits: then it asks again.
        """

        def state() -> str | None:
            return self.states(run_id, name).get("approve")

        path = f"/dags/{TOPUP}/dagRuns/{run_id}/taskInstances/{name}.approve/-1/hitlDetails"
        ends = ("success", "up_for_retry")
        while True:
            self.until(lambda: state() == "awaiting_input")
            time.sleep(6)
            self.airflow.call("PATCH", path, chosen_options=[option], params_input={})
            if self.until(lambda: found if (found := state()) in ends else None) == "success":
                return

    def titles(self) -> list[str]:
        if not self.notices.exists():
            return []
        return [json.loads(line)["subject"] for line in self.notices.read_text(encoding="utf-8").splitlines()]

    def xcom(self, run_id: str, task_id: str, dag_id: str = TOPUP, map_index: int = -1) -> Any:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        found = self.airflow.call("GET", f"{path}?map_index={map_index}&deserialize=false")["value"]
        return json.loads(found) if isinstance(found, str) else found

    def pay(self, name: str) -> None:
        """Pay the open order of an account as a person does; its credits come at once."""
        (unpaid,) = [each for each in self.orders(name) if each["status"] == "notPaid"]
        self.sandbox.pay_order(unpaid["id"])
        self.sandbox.clock(advance=600)


@contextmanager
def credits_in_airflow(folder: Path, files: tuple[str, ...]) -> Iterator[World]:
    """Start both; every account has more credits than its level.

    :param files: names of the account files that the test needs, of :data:`FILES`.
    """
    include, notices = folder / "include", folder / "notices.jsonl"
    (include / "accounts").mkdir(parents=True)
    path = json.dumps({"path": str(notices)})
    notify = f"notify: [{{notifier: support.notifiers.FileNotifier, arguments: {path}}}]\n"
    for name in files:
        more = f"connection: {name}\naccount: sms-{name}-1\n{notify}"
        (include / "accounts" / f"{name}.yaml").write_text(FILES[name] + more, encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        for name in files:
            sandbox.add_account(f"sms-{name}-1", creditsLeft=5000)
        env = {
            **{f"AIRFLOW_CONN_{name.upper()}": connection(sandbox, account=f"sms-{name}-1") for name in files},
            **WARM,
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "tests" / "integration" / "credit_dags"),
            "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}:{ROOT / 'tests'}",
        }
        with PatientAirflow(folder / "airflow", include=include, env=env) as airflow:
            here = World(airflow, sandbox, notices, files)
            here.until(lambda: {TOPUP, BALANCE} <= airflow.dag_ids())
            for dag_id in (TOPUP, BALANCE):
                airflow.unpause(dag_id)
            # The planned run has found enough credits; the watch has read the accounts above their levels.
            here.until(lambda: [each["state"] for each in airflow.runs(TOPUP)] == ["success"])
            for name in here.watched:
                here.above(name)
            assert here.crossings() == []
            assert sandbox.orders() == []
            yield here
