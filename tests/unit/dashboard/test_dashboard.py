"""The pages inside Airflow's own web app, asked by users with and without rights."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.report.counting import compute
from unit.report.report_sample import fill, large, small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from ovh_sms.store.models import SubmissionRecord

PASSWORDS = {"admin": "pass-of-admin", "vic": "pass-of-vic"}
KNOWN, UNKNOWN = small()[0], large()[0]  # of a DAG that Airflow knows, and of one that is gone


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Airflow's web app with our plugin, a database of its own, an admin and a viewer."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVH_SMS_DATA", str(home / "data"))
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "False")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin,vic:viewer")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(home / "passwords.json"))
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of the tests, long enough for HS512" * 2)
        fill(home / "data" / "results.sqlite").close()
        from airflow.api_fastapi.app import create_app
        from airflow.utils.db import initdb
        from starlette.testclient import TestClient

        initdb()
        _make_dag(KNOWN.dag_id)
        forget()
        # Mounted plugins belong to the app "core", the one with the UI.
        with TestClient(create_app(apps="core"), base_url="http://127.0.0.1") as client:
            yield client
        reading.store().close()
        forget()


def forget() -> None:
    reading._open.cache_clear()


def _make_dag(dag_id: str) -> None:
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="tests"))
        session.flush()
        session.merge(DagModel(dag_id=dag_id, bundle_name="tests", fileloc="/dags/campaigns.py"))


@pytest.fixture(params=["vic", "admin"])
def user(web: TestClient, request: pytest.FixtureRequest) -> dict[str, str]:
    return sign_in(web, request.param)


def sign_in(web: TestClient, name: str) -> dict[str, str]:
    answer = web.post("/auth/token", json={"username": name, "password": PASSWORDS[name]})
    assert answer.status_code == 201, answer.text
    web.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def report(run: SubmissionRecord, **changes: str) -> str:
    asked = {"dag_id": run.dag_id, "run_id": run.run_id} | changes
    return f"/ovh-sms/report?{urlencode(asked)}"


@pytest.mark.parametrize("path", ["/ovh-sms/", report(KNOWN), "/ovh-sms/report"])
def test_nobody_gets_nothing(web: TestClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 401
    assert KNOWN.tag not in answer.text


@pytest.mark.parametrize("path", ["/ovh-sms/docs", "/ovh-sms/redoc", "/ovh-sms/openapi.json"])
def test_there_are_no_other_pages(web: TestClient, path: str) -> None:
    assert web.get(path).status_code == 404


def test_the_page_shows_the_campaigns_of_dags_one_may_read(web: TestClient, user: dict[str, str]) -> None:
    answer = web.get("/ovh-sms/", headers=user)
    assert answer.status_code == 200
    assert KNOWN.tag in answer.text
    assert KNOWN.campaign in answer.text
    assert UNKNOWN.tag not in answer.text
    assert UNKNOWN.campaign not in answer.text


def test_the_report_of_one_run(web: TestClient, user: dict[str, str]) -> None:
    answer = web.get(report(KNOWN), headers=user)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert KNOWN.tag in answer.text
    assert "2 of 2 submitted" in answer.text
    assert small()[1][0].receiver not in answer.text


def test_a_run_without_a_report_says_so(web: TestClient, user: dict[str, str]) -> None:
    for path in (report(KNOWN, run_id="manual__never"), report(KNOWN, dag_id=UNKNOWN.dag_id)):
        answer = web.get(path, headers=user)
        assert answer.status_code == 200
        assert "There is no report of this run. Either it has submitted nothing so far, or" in answer.text


def test_the_store_is_opened_once(web: TestClient) -> None:
    admin = sign_in(web, "admin")
    forget()
    for path in ("/ovh-sms/", report(KNOWN), "/ovh-sms/"):
        assert web.get(path, headers=admin).status_code == 200
    assert reading._open.cache_info().misses == 1


def test_a_page_shows_the_figures_of_the_latest_collection(web: TestClient) -> None:
    admin = sign_in(web, "admin")
    assert "2 of 2 submitted" in web.get(report(KNOWN), headers=admin).text
    store = reading.store()
    first = dataclasses.replace(small()[1][0], delivery_status="pending", delivered_at=None)
    for messages, shown in (([first], "1 of 2 submitted"), (small()[1], "2 of 2 submitted")):
        store.messages.save(KNOWN.tag, messages)
        before = web.get(report(KNOWN), headers=admin).text
        assert shown not in before, "what is half collected is not shown"
        store.submissions.finish(KNOWN.tag, compute(store, KNOWN.tag), complete=True)
        assert shown in web.get(report(KNOWN), headers=admin).text


def test_a_page_loads_no_pandas(web: TestClient) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pandas", None)  # an import fails
        assert web.get(report(KNOWN), headers=sign_in(web, "admin")).status_code == 200
