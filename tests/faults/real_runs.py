"""Campaigns in a real Airflow: their files, the state of their tasks, a person's answer to failed ones."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import requests

from faults.campaigns import NAME, texts_in
from faults.count import Text
from faults.resolving import RESOLVE, record
from ovh_demo.local_airflow import ROOT, LocalAirflow
from ovh_sms import errors
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.sending.receiver_files import NOT_FOUND
from support.sandbox import SandboxProcess

ENDED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})
CAMPAIGN = """\
description: Campaign {number} under faults
sender: MYSHOP
kind: transactional
night: send
message: "{message}"
contacts:
  file: contacts/{name}.csv
  duplicates: {duplicates}
budget: 10000
batch_size: {size}
"""


class HastyAirflow(LocalAirflow):
    """A whole Airflow that notices its dead components within seconds.

    :param folder: for Airflow and the campaigns.
    :param connection: the connection to the sandbox, as JSON.
    """

    start_seconds = 300  # a whole run keeps the machine busy

    def __init__(self, folder: Path, *, connection: str) -> None:
        self.include = folder / "include"
        for name in ("campaigns", "contacts", "accounts"):
            (self.include / name).mkdir(parents=True)
        env = {
            "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection,
            "AIRFLOW__API__FALLBACK_PAGE_LIMIT": "5000",
            "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "5000",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "tests" / "faults" / "dags"),
            "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "25",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
        }
        super().__init__(folder / "airflow", include=self.include, env=env)

    @property
    def results(self) -> str:
        """URL of the results database."""
        return f"sqlite:///{self.env['OVH_SMS_DATA']}/results.sqlite"

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Call the API, again if it is too busy to answer."""
        for left in range(5, -1, -1):
            try:
                return self.call(method, path, **body)
            except requests.RequestException as error:
                code = getattr(error.response, "status_code", 500)
                if code < 500 or not left:
                    raise
                time.sleep(2)
        raise AssertionError("the loop returns or raises")

    def all_dags(self) -> set[str]:
        return {each["dag_id"] for each in self.ask("GET", "/dags?limit=5000")["dags"]}

    def all_tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/dags/~/dagRuns/~/taskInstances?limit=5000")["task_instances"]
        return found


class RealRun:
    """One run of one campaign with people and a text of its own; it is counted as those without Airflow are.

    :param number: from 0.
    :param batches: batches of its list.
    """

    #: The task that makes the write.
    task = "send"
    cancelled = False
    noticed_repeat = False

    def __init__(self, airflow: HastyAirflow, seed: int, number: int, batches: int) -> None:
        self.airflow = airflow
        self.name = f"hasty{number}"
        self.dag_id = f"sms_campaign_{self.name}"
        self.marker = f"[{seed}.{number}.900]"
        self.message = f"{self.marker} Bonjour #nom#, votre commande est en route."
        self.run_id = ""
        self.batches = batches
        self.resolved: dict[str, str] = {}
        self.errors: dict[tuple[str, int], dict[str, Any]] = {}
        self.sent = False
        self.texts = self._write(Random(f"{seed}/{number}/real"), number)

    def _write(self, rng: Random, number: int) -> set[Text]:
        size = rng.randint(3, 6)
        # Of every fourth list the last batch holds second texts of the first receivers.
        several = number % 4 == 3 and self.batches > 1
        numbers = rng.sample(range(number * 400, number * 400 + 400), size * (self.batches - several))
        texts = [(at, f"Nom{at}") for at in numbers] + [(at, f"Enfant{at}") for at in numbers[: size * several]]
        lines = [f"063998{at:04d};{name}" for at, name in texts]
        include = self.airflow.include
        text = "\n".join(["numero;nom", *lines, lines[0], "12;Faux"]) + "\n"
        (include / "contacts" / f"{self.name}.csv").write_text(text, encoding="utf-8")
        duplicates = "number_and_text" if several else "number"
        about = CAMPAIGN.format(number=number, name=self.name, message=self.message, size=size, duplicates=duplicates)
        (include / "campaigns" / f"{self.name}.yaml").write_text(about, encoding="utf-8")
        return {(f"+3363998{at:04d}", self.message.replace(NAME, name)) for at, name in texts}

    def start(self) -> None:
        self.airflow.ask("PATCH", f"/dags/{self.dag_id}", is_paused=False)
        self.run_id = self.airflow.trigger(self.dag_id)

    def update(self, tasks: list[dict[str, Any]]) -> bool:
        """Read the state of its tasks; returns whether all have ended."""
        mine = [each for each in tasks if each["dag_id"] == self.dag_id]
        self.errors = {
            (each["task_id"], each["map_index"]): self._error(each)
            for each in mine
            if each["state"] in ("failed", "upstream_failed")
        }
        sends = [each for each in mine if each["task_id"] == "send"]
        self.sent = len(sends) == self.batches and all(each["state"] == "success" for each in sends)
        state = self.airflow.ask("GET", f"/dags/{self.dag_id}/dagRuns/{self.run_id}")["state"]
        return state in ("success", "failed") and all(each["state"] in ENDED for each in mine)

    def _error(self, task: dict[str, Any]) -> dict[str, Any]:
        if task["state"] == "upstream_failed":
            return {"error": "Upstream", "clear": True, "final": True, "says": ""}
        folder = self.airflow.home / "logs" / f"dag_id={self.dag_id}" / f"run_id={self.run_id}"
        folder /= f"task_id={task['task_id']}"
        if task["map_index"] >= 0:
            folder /= f"map_index={task['map_index']}"
        logs = sorted(folder.glob("attempt=*.log"), key=lambda path: path.stat().st_mtime)
        for line in reversed(logs[-1].read_text(errors="replace").splitlines() if logs else []):
            try:
                details = json.loads(line).get("error_detail")
            except (ValueError, AttributeError):
                continue
            if details:
                name, says = details[0]["exc_type"], details[0]["exc_value"]
                cause = next((each["exc_type"] for each in details if "OutcomeUnknown" in each["exc_type"]), name)
                clear = hasattr(errors, cause) or cause == "AirflowFailException"
                return {"error": cause, "clear": clear, "final": True, "says": says}
        return {"error": "Killed", "clear": False, "final": False, "says": f"no error in {folder}"}

    def decide(self, sandbox: SandboxProcess) -> None:
        """Resolve unknown outcomes as a person who reads OVH first."""
        for (task, _), error in self.errors.items():
            asked = RESOLVE.search(error["says"]) if task == self.task else None
            if asked:
                tag, code = asked.groups()
                way = "sent" if self.there(sandbox, tag) else "send"
                if record(self.airflow.results, tag, code, way, knows_credits=True):
                    self.resolved[tag] = way

    def there(self, sandbox: SandboxProcess, tag: str) -> int:
        return int(sandbox.truth(tag)["accepted"])

    def tag(self, index: int) -> str:
        return submission_tag(self.dag_id, self.run_id, "send", index)

    @property
    def tags(self) -> set[str]:
        return {self.tag(index) for index in range(self.batches)}

    def mend(self) -> None:
        """Clear failed tasks, and with each batch its upload."""
        if not self.errors:
            return
        batches = sorted({index for _, index in self.errors if index >= 0})
        whole = [task for task, index in self.errors if index < 0]
        again: list[Any] = [
            [task, index] for task in ("upload_receivers", "send", "free_receivers") for index in batches
        ]
        self.clear([*whole, *again])

    def clear(self, tasks: list[Any]) -> None:
        self.airflow.ask(
            "POST",
            f"/dags/{self.dag_id}/clearTaskInstances",
            dry_run=False,
            dag_run_id=self.run_id,
            task_ids=tasks,
            only_failed=False,
            reset_dag_runs=True,
        )

    def not_found(self) -> set[Text]:
        found = (Path(self.airflow.env["OVH_SMS_DATA"]) / self.name).glob(f"**/batch_*/{NOT_FOUND}")
        by_word = (path for path in found if self.resolved.get(self.tag(_index(path))) == "sent")
        return {text for path in by_word for text in texts_in(path, self.message)}


def _index(path: Path) -> int:
    return int(path.parent.name.rpartition("_")[2]) - 1
