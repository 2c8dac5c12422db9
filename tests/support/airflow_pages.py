"""A real API server of Airflow, behind a path, with our pages, people with rights, and a store that a test fills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from ovh_demo.processes import free_port
from support.dag_rights import PASSWORDS, USERS
from support.sandbox import ROOT

if TYPE_CHECKING:
    from support.browser import Page

#: Makes Airflow's database and the DAGs that its pages are about.
READY = """
import sys
from airflow.utils.db import initdb
initdb()
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session
with create_session() as session:
    session.merge(DagBundleModel(name="tests"))
    session.flush()
    for dag_id in sys.argv[1:]:
        session.merge(DagModel(dag_id=dag_id, bundle_name="tests", fileloc="/dags/campaigns.py"))
"""
SECONDS = 240


@dataclass(frozen=True)
class AirflowPages:
    """An API server that runs.

    :param address: of Airflow, with its path.
    :param data: the data folder of the campaigns.
    """

    address: str
    data: Path

    def token(self, person: str) -> str:
        """Token of a person of ``support.dag_rights``."""
        body = {"username": person, "password": PASSWORDS[person]}
        answer = requests.post(f"{self.address}/auth/token", json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def get(self, page: str, person: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token(person)}"}
        return requests.get(f"{self.address}/ovh-sms/{page}", headers=headers, timeout=60)

    def sign_in(self, page: Page, person: str) -> None:
        """Log a person in: the browser gets the cookie that Airflow's form gives it."""
        page.call("Network.clearBrowserCookies")
        path = f"{urlsplit(self.address).path}/"
        page.call("Network.setCookie", name="_token", value=self.token(person), url=f"{self.address}/", path=path)

    def sign_in_by_form(self, page: Page, person: str) -> None:
        """Log a person in as they would do it."""
        page.call("Network.clearBrowserCookies")
        page.open(f"{self.address}/auth/login", width=1400)
        page.wait_for("document.querySelector('input[name=username]')?.name")
        page.type_into("input[name=username]", person)
        page.type_into("input[name=password]", PASSWORDS[person])
        page.click("button[type=submit]")
        page.wait_for("!location.pathname.includes('/auth/')")


@contextmanager
def airflow_pages(home: Path, known: Iterable[str], *, ready: str = READY, **settings: str) -> Iterator[AirflowPages]:
    """Run an API server whose store is ``home/data/results.sqlite``, as the test has filled it.

    :param known: DAGs that Airflow knows; nobody sees the campaigns of others in a list.
    :param ready: code that makes Airflow's database, with ``known`` as its arguments.
    :param settings: more variables of the environment.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}/behind/airflow"
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for HS512" * 2,
        "AIRFLOW__CORE__AUTH_MANAGER": "support.dag_rights.DagRights",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",  # a command of this process may have set another one
        "OVH_SMS_DATA": str(home / "data"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}:{ROOT / 'tests'}",
        **settings,
    }
    made = subprocess.run([sys.executable, "-c", ready, *known], env=env, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
    log = home / "api-server.log"
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "airflow", "api-server"], env=env, stdout=out, stderr=out)
    try:
        _wait_for(address, server, log)
        yield AirflowPages(address, home / "data")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < ends:
        try:
            if requests.get(f"{address}/api/v2/version", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])
