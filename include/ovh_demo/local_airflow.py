"""Airflow on this machine: standalone, SQLite, LocalExecutor, free ports, everything in one folder."""

import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from ovh_demo.airflow_calls import AirflowCalls
from ovh_demo.processes import PidRecord, Service, StartError, free_port

ROOT = Path(__file__).resolve().parents[2]
#: Pool of all tasks that call OVH, and its slots, as in docker-compose.yaml. So many tasks run at once here, too.
POOL, POOL_SLOTS = "ovh_sms", 4
#: Of an Airflow that lives for minutes: tasks start at once, and some end up to 5 seconds earlier, as their supervisor
#: reads more often. Code that is changed meanwhile reaches no task.
WARM = {
    "AIRFLOW__CORE__EXECUTOR": "ovh_demo.warm_executor.WarmExecutor",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}


class LocalAirflow(Service, AirflowCalls):
    """An Airflow in one folder, with the pool that ``OVH_SMS_POOL`` names.

    :param home: receives Airflow's database, logs and configuration.
    :param include: folder with ``campaigns/``, ``contacts/``, ``accounts/``.
    :param env: more environment, such as connections.
    :param port: of the UI; None takes a free one.
    """

    title = "Airflow"
    log_name = "standalone.log"
    start_seconds = 120
    #: Seconds that a call of its REST API may take.
    call_seconds = 120

    def __init__(
        self, home: Path, *, include: Path, env: dict[str, str] | None = None, port: int | None = None
    ) -> None:
        self.home = home
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        #: Its environment beside that of this program.
        self.settings = airflow_settings(home, include, port)
        super().__init__(
            home,
            command=[str(Path(sys.executable).with_name("airflow")), "standalone"],
            env={**os.environ, **self.settings, **(env or {})},
        )
        self._token = ""

    def launch(self, *, outlive: bool = False) -> PidRecord:
        """Start Airflow without waiting; make its database and the results database first if there are none."""
        if not (Path(self.env["OVH_SMS_DATA"]) / "results.sqlite").exists() or not (self.home / "airflow.db").exists():
            for command in ([self.command[0], "db", "migrate"], [sys.executable, "-m", "ovh_sms", "db", "init"]):
                with (self.home / "init.log").open("ab") as log:
                    done = subprocess.run(command, env=self.env, check=False, stdout=log, stderr=log, timeout=300)
                if done.returncode:
                    raise StartError(f"{self.title} ended with code {done.returncode}. See {self.home / 'init.log'}.")
        return super().launch(outlive=outlive)

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call Airflow's REST API with a JSON body, if any is given; the path is below ``/api/v2``."""
        import requests

        if not self._token:
            answer = requests.get(f"{self.url}/auth/token", timeout=self.call_seconds)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        response = requests.request(
            method,
            f"{self.url}/api/v2{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=self.call_seconds,
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the state of every task of a run, mapped ones by ``id[index]``."""
        found = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {
            t["task_id"] + (f"[{t['map_index']}]" if t["map_index"] >= 0 else ""): t["state"] or "waiting"
            for t in found
        }

    def _is_ready(self) -> bool:
        import requests

        try:
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return False
        components = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        if not all(health.get(part, {}).get("status") == "healthy" for part in components):
            return False
        return self._has_pool(self.env["OVH_SMS_POOL"].strip())

    def _has_pool(self, name: str) -> bool:
        """Make the pool if it is missing; tasks that were due before wait for it, none is lost."""
        import requests

        if not name:
            return True
        about = "Tasks that call OVH; more slots make no more calls per minute, but hold more workers"
        try:
            known = {each["name"] for each in self.call("GET", "/pools?limit=100")["pools"]}
            if name not in known:
                # The sandbox takes 6,000 calls a minute, so no task waits for its turn and blocks a worker.
                slots = int(self.env["AIRFLOW__CORE__PARALLELISM"])
                self.call("POST", "/pools", name=name, slots=slots, description=about)
        except requests.RequestException as error:
            if error.response is not None and error.response.status_code < 500:
                raise StartError(f"Airflow refused the pool {name}: {error.response.text}") from error
            return False  # busy: the next check asks again
        return True


def airflow_settings(home: Path, include: Path, port: int) -> dict[str, str]:
    """Return the environment of every process of a local Airflow; the parameters as in :class:`LocalAirflow`."""
    url = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": _secret(home / "fernet.key"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": str(POOL_SLOTS),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES": "consumer_key,application_key",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "ovh_demo.sqlite_wait.CONNECT_ARGS",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "ovh_demo.sqlite_wait.CONNECT_ARGS",
        # A task asks its API server whether it may start; a busy machine takes more than five seconds to answer.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "OVH_SMS_DATA": str(home / "ovh_sms_data"),
        "OVH_SMS_INCLUDE": str(include),
        "OVH_SMS_POOL": POOL,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "include")]),
        "PYTHONUNBUFFERED": "1",
    }


def _secret(path: Path) -> str:
    """Make a key once and keep it, so that a restarted Airflow still reads its connections."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(urlsafe_b64encode(os.urandom(32)))
    return path.read_text()
