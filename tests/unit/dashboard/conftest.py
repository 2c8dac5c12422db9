"""Airflow's own web app with the pages in it, and people with and without rights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from ovh_sms.dashboard import reading
from support.dag_rights import PASSWORDS, USERS
from unit.report.report_sample import fill, large, small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

#: Runs of two campaigns; the DAG of the third is gone from Airflow.
KNOWN, OTHER = small()[0], large()[0]

Headers = dict[str, str]


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("airflow")
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVH_SMS_DATA", str(home / "data"))
        patch.setenv("AIRFLOW__CORE__AUTH_MANAGER", "support.dag_rights.DagRights")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "False")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", USERS)
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(home / "passwords.json"))
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of the tests, long enough for HS512" * 2)
        fill(home / "data" / "results.sqlite").close()
        from airflow.api_fastapi.app import create_app
        from airflow.utils.db import initdb
        from starlette.testclient import TestClient

        initdb()
        for dag_id in (KNOWN.dag_id, OTHER.dag_id):
            make_dag(dag_id)
        forget()
        # Mounted plugins belong to the app "core", the one with the UI.
        with TestClient(create_app(apps="core"), base_url="http://127.0.0.1") as client:
            yield client
        reading.store().close()
        forget()


def forget() -> None:
    reading._open.cache_clear()


def make_dag(dag_id: str) -> None:
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="tests"))
        session.flush()
        session.merge(DagModel(dag_id=dag_id, bundle_name="tests", fileloc="/dags/campaigns.py"))


@pytest.fixture(scope="session")
def as_person(web: TestClient) -> Callable[[str], Headers]:
    """Headers of a request by a person of ``support.dag_rights``."""
    known: dict[str, Headers] = {}

    def headers(name: str) -> Headers:
        if name not in known:
            answer = web.post("/auth/token", json={"username": name, "password": PASSWORDS[name]})
            assert answer.status_code == 201, answer.text
            web.cookies.clear()
            known[name] = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return known[name]

    return headers


@pytest.fixture(autouse=True)
def no_cookies_of_the_test_before(request: pytest.FixtureRequest) -> None:
    """A chosen language is kept in a cookie: the next test reads pages in its own."""
    if "web" in request.fixturenames:
        request.getfixturevalue("web").cookies.clear()
