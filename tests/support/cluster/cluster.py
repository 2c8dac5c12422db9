"""All services of the compose file on this machine, two workers among them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import requests

from ovh_demo.airflow_calls import AirflowCalls
from ovh_demo.processes import free_port
from support.cluster.compose_file import ROOT, filled_in, read_services
from support.cluster.native import NativePostgres, NativeService
from support.pages import marked
from support.pgbouncer import running_pgbouncer
from support.postgresql import server_account

#: Ports inside of the containers: those that other services name, then those that each service keeps to itself.
SHARED = {"postgres": 5432, "redis": 6379, "api-server": 8080, "ovh-sandbox": 8090}
#: Connections of PgBouncer to each database.
POOL = 20
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer")


def copy_include(folder: Path) -> Path:
    """Make a folder in place of ``include``: the sandbox's own code, and no campaign, account or list."""
    shutil.copytree(ROOT / "include", folder, ignore=shutil.ignore_patterns("__pycache__", "*.yaml", "*.csv"))
    for name in ("accounts", "campaigns", "contacts"):
        (folder / name).mkdir(exist_ok=True)
    return folder


class Cluster(AirflowCalls):
    """``with Cluster(folder) as cluster: ...``; every process ends with the block.

    :param folder: receives disks, volumes and logs; PostgreSQL's own account must be able to enter it.
    :param workers: Celery workers, ``worker-1`` and so on.
    :param folders: replaces folders of the repository, such as ``./include``.
    :param env: environment of Airflow's services beside that of the file, such as shorter time limits.
    :param values: of variables of .env.example, beside its own.
    :param pgbouncer: Airflow's services reach both databases through PgBouncer, once these are made.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        folders: dict[str, Path] | None = None,
        env: dict[str, str] | None = None,
        values: dict[str, str] | None = None,
        pgbouncer: bool = False,
    ) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in SHARED}
        self._folders, self._env = folders or {}, env or {}
        described = read_services(filled_in() | (values or {}))
        self.services: dict[str, NativeService] = {}
        for name, service in described.items():
            names = [f"worker-{number}" for number in range(1, workers + 1)] if name == "worker" else [name]
            for each in names:
                self.services[each] = self._service(each, service)
        self._token = ""
        self._pgbouncer, self._stack = pgbouncer, ExitStack()

    def _service(self, name: str, described: dict[str, Any]) -> NativeService:
        health, worker_log, trigger_log = free_port(), free_port(), free_port()
        addresses = {f"{host}:{port}": f"127.0.0.1:{self.ports[host]}" for host, port in SHARED.items()}
        addresses["localhost:8974"] = f"127.0.0.1:{health}"
        if name in ("api-server", "ovh-sandbox"):
            addresses[f"localhost:{SHARED[name]}"] = f"127.0.0.1:{self.ports[name]}"
        if name in ("redis", "ovh-sandbox"):  # the port and the address that it listens on
            addresses |= {str(SHARED[name]): str(self.ports[name]), "0.0.0.0": "127.0.0.1"}
        ports = {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_log),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_log),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
        }
        is_airflow = "AIRFLOW__CORE__EXECUTOR" in described.get("environment", {})
        given = {"addresses": addresses, "folders": self._folders, "more": ports | self._env if is_airflow else {}}
        if name == "postgres":
            return NativePostgres(name, described, self.folder, account=server_account(), **given)
        return NativeService(name, described, self.folder, **given)

    def __getitem__(self, name: str) -> NativeService:
        return self.services[name]

    @property
    def workers(self) -> list[NativeService]:
        return [each for name, each in self.services.items() if name.startswith("worker-")]

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        """In the order of ``depends_on``; each is asked by its own health check."""
        for name in ("postgres", "redis", "ovh-sandbox"):
            self[name].start()
        for name in ("postgres", "redis", "ovh-sandbox"):
            self[name].wait_until_healthy()
        for name in ("results-database", "db-init"):
            self[name].run()
        if self._pgbouncer:
            self._put_pgbouncer_between()
        for name in AIRFLOW:
            self[name].start()
        self["api-server"].wait_until_healthy()
        for each in self.workers:
            each.start()
        for each in (*(self[name] for name in AIRFLOW), *self.workers):
            each.wait_until_healthy()

    def _put_pgbouncer_between(self) -> None:
        """Lead Airflow's services to PgBouncer, set as docs/cluster.md says."""
        password, port = self["postgres"].environment["POSTGRES_PASSWORD"], self.ports["postgres"]
        server = f"postgresql://airflow:{password}@127.0.0.1:{port}"
        bouncer = self._stack.enter_context(running_pgbouncer(server, connections=POOL)).rpartition("@")[2]
        modules = self.folder / "modules"
        modules.mkdir()
        (code,) = marked("cluster.md", "no_statements")
        (modules / "no_statements.py").write_text(code)
        for each in (*(self[name] for name in AIRFLOW), *self.workers):
            found = {name: value.replace(f"127.0.0.1:{port}", bouncer) for name, value in each.environment.items()}
            found["PYTHONPATH"] = f"{found['PYTHONPATH']}:{modules}"
            found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC"] = "no_statements.CONNECT_ARGS"
            assert bouncer in found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
            each.environment = found

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every service, those first that need others."""
        for each in reversed(self.services.values()):
            each.stop()
        self._stack.close()

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call Airflow's REST API as the user ``admin``."""
        url = f"http://127.0.0.1:{self.ports['api-server']}"
        if not self._token:
            file = self["api-server"].disk / "auth" / "passwords.json"
            person = {"username": "admin", "password": json.loads(file.read_text())["admin"]}
            answer = requests.post(f"{url}/auth/token", json=person, timeout=120)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.request(method, f"{url}/api/v2{path}", json=body or None, headers=headers, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200"
        found: list[dict[str, Any]] = self.call("GET", path)["task_instances"]
        return found

    def until(self, check: Callable[[], Any], *, seconds: float = 400) -> Any:
        """Wait for something; what the services said last is in the error."""
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.3)
        return found

    def said(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"== {name}\n{each.said()}" for name, each in self.services.items())
