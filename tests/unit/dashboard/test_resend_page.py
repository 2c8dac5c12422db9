"""The page that resends failed messages: for those who may start runs of the DAG; pressed twice, it starts one run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete

from ovh_sms.dashboard import reading
from ovh_sms.store import resend_tables, run_tables, tables
from ovh_sms.store.message_figures import MessageFigures, StatusCount
from ovh_sms.store.run_records import BatchRecord, RunRecord
from unit.store.test_store import a_message, a_submission

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
DAG_ID, RUN, TAG = "sms_campaign_rappel", "manual__resend", "cresendpage"
AGAIN = "cresendagain"
ABOUT = {"dag_id": DAG_ID, "run_id": RUN}
ENDS = {1: ("delivered", 1, 4), 2: ("failed", 2, 24), 3: ("expired", 2, 8), 4: ("failed", 2, 23)}


@pytest.fixture(scope="module", autouse=True)
def failed(web: TestClient) -> Iterator[None]:
    """A run of a campaign, two of whose messages failed for a temporary reason; its DAG is in Airflow."""
    store, about = reading.store(), {"campaign": "rappel", "dag_id": DAG_ID, "run_id": RUN}
    given = {"rows": 4, "accepted": 4, "rejected": {}, "submitted": 4, "messages": 4, "credits_spent": 4.0}
    now = datetime.now(UTC)
    store.submissions.start(a_submission(TAG, **about, **given, sent_at=now))
    names = ("delivery_status", "delivery_receipt", "operator_code")
    store.messages.save(
        TAG, [a_message(9_000 + at, TAG, **dict(zip(names, end, strict=True))) for at, end in ENDS.items()]
    )
    statuses = tuple(StatusCount(status, code, None, 1) for status, _, code in ENDS.values())
    store.submissions.finish(TAG, MessageFigures(statuses=statuses, groups={}), complete=True)
    store.runs.start(RunRecord(list_tag=TAG, account="sms-sb00001-1", started_at=now, **about))
    store.runs.named(TAG, BatchRecord(list_tag=TAG, batch=1, receivers=4, credits=4.0, tag=TAG))
    make_dag()
    yield
    with store.database.writing() as connection:
        for table in (tables.messages, tables.figures, tables.submissions):
            connection.execute(delete(table).where(table.c.tag.in_((TAG, AGAIN))))
        for table in (run_tables.runs, run_tables.run_batches):
            connection.execute(delete(table).where(table.c.list_tag.in_((TAG, AGAIN))))
        connection.execute(delete(resend_tables.resends))


def make_dag() -> None:
    """A DAG that Airflow can start."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    with DAG(DAG_ID, schedule=None, start_date=datetime(2026, 1, 1)) as dag:  # noqa: DTZ001 - as the factory's
        pass
    with create_session() as session:
        session.merge(DagBundleModel(name="tests"))
        session.flush()
        session.merge(DagModel(dag_id=DAG_ID, bundle_name="tests", fileloc="/dags/campaigns.py", is_stale=False))
    SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), bundle_name="tests")


def started_runs() -> list[str]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        return [each.run_id for each in DagRun.find(dag_id=DAG_ID, session=session)]


def get(web: TestClient, headers: dict[str, str], page: str, **more: str) -> Any:
    return web.get(f"/ovh-sms/{page}?{urlencode({**ABOUT, **more})}", headers=headers)


def press(web: TestClient, headers: dict[str, str], token: str, **more: str) -> Any:
    return web.post("/ovh-sms/resend", data={"token": token, **ABOUT, **more}, headers=headers)


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_page_shows_the_count_and_the_cost_and_no_number(web: TestClient, as_person: AsPerson) -> None:
    page = get(web, as_person("admin"), "run").text
    assert f"resend?{urlencode(ABOUT)}".replace("&", "&amp;") in page
    shown = get(web, as_person("admin"), "resend").text
    assert re.search(r"Messages to send again</dt><dd><strong>2</strong>", shown)
    assert "63998" not in shown
    assert "Renvoyer les échecs temporaires" in get(web, as_person("admin"), "resend", language="fr").text
    web.cookies.clear()
    assert started_runs() == [], "looking at it starts nothing"


def test_who_may_not_start_runs_of_the_dag_sees_neither_link_nor_page(web: TestClient, as_person: AsPerson) -> None:
    token = token_of(get(web, as_person("admin"), "resend").text)
    for person in ("vic", "half"):
        assert "Resend" not in get(web, as_person(person), "run").text
        assert get(web, as_person(person), "resend").status_code == 403
        assert press(web, as_person(person), token).status_code == 403
    assert started_runs() == []


def test_a_form_without_the_persons_own_token_starts_nothing(web: TestClient, as_person: AsPerson) -> None:
    token = token_of(get(web, as_person("admin"), "resend").text)
    assert press(web, as_person("eddy"), token).status_code == 403
    assert press(web, as_person("admin"), "").status_code == 403
    assert web.get(f"/ovh-sms/resend?{urlencode({**ABOUT, 'token': token})}").status_code == 401
    assert started_runs() == []


def test_two_persons_who_press_it_start_one_run(web: TestClient, as_person: AsPerson) -> None:
    tokens = {name: token_of(get(web, as_person(name), "resend").text) for name in ("admin", "eddy")}
    first = press(web, as_person("admin"), tokens["admin"])
    assert (first.status_code, "Started: a run of this campaign" in first.text) == (200, True)
    second = press(web, as_person("eddy"), tokens["eddy"])
    assert "under way already: admin asked for it" in second.text
    (run_id,) = started_runs()
    made = reading.store().resends.of_run(DAG_ID, run_id)
    assert made is not None
    assert (made.asked_by, made.source_run_id) == ("admin", RUN)
    assert [each.by for each in reading.store().audit.list(action="resend")] == ["admin"]


def test_both_runs_lead_to_each_other(web: TestClient, as_person: AsPerson) -> None:
    store, (run_id,) = reading.store(), started_runs()
    about = {"campaign": "rappel", "dag_id": DAG_ID, "run_id": run_id}
    store.submissions.start(a_submission(AGAIN, **about, submitted=2, sent_at=datetime.now(UTC)))
    store.runs.start(RunRecord(list_tag=AGAIN, account="sms-sb00001-1", started_at=datetime.now(UTC), **about))
    store.runs.named(AGAIN, BatchRecord(list_tag=AGAIN, batch=1, receivers=2, credits=2.0, tag=AGAIN))
    first = get(web, as_person("admin"), "run").text
    assert urlencode({"dag_id": DAG_ID, "run_id": run_id}).replace("&", "&amp;") in first
    assert "Resent on" in first
    again = get(web, as_person("admin"), "run", run_id=run_id).text
    assert urlencode(ABOUT).replace("&", "&amp;") in again
    assert f"Resend of the messages of run {RUN} that failed: admin asked for it on" in again


def test_a_run_whose_dag_is_gone_is_refused(web: TestClient, as_person: AsPerson) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    reading.store().resends.close(reading.store().resends.results(DAG_ID, RUN)[0].resend.resend)
    token = token_of(get(web, as_person("admin"), "resend").text)
    with create_session() as session:
        session.get(DagModel, DAG_ID).is_stale = True
    answer = press(web, as_person("admin"), token)
    assert (answer.status_code, "Airflow has no such DAG" in answer.text) == (409, True)
    assert len(started_runs()) == 1
