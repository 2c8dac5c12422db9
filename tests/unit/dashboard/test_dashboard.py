"""The pages, as people with several rights see them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.dashboard.view import airflow_run
from ovh_sms.report.counting import compute
from unit.dashboard.conftest import KNOWN, OTHER, forget
from unit.report.report_sample import small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from ovh_sms.store.models import SubmissionRecord

AsPerson = Callable[[str], dict[str, str]]


def of(run: SubmissionRecord, page: str = "run", **changes: str) -> str:
    asked = {"dag_id": run.dag_id, "run_id": run.run_id} | changes
    return f"/ovh-sms/{page}?{urlencode(asked)}"


@pytest.mark.parametrize("path", ["/ovh-sms/docs", "/ovh-sms/redoc", "/ovh-sms/openapi.json"])
def test_there_are_no_other_pages(web: TestClient, path: str) -> None:
    assert web.get(path).status_code == 404


def test_the_list_shows_the_campaigns_of_dags_one_may_read(web: TestClient, as_person: AsPerson) -> None:
    page = "/ovh-sms/campaigns?period=all"
    shown = {name: web.get(page, headers=as_person(name)).text for name in ("admin", "vic", "one")}
    for name in ("admin", "vic"):
        assert KNOWN.campaign in shown[name]
        assert OTHER.campaign in shown[name]
    assert KNOWN.campaign in shown["one"]
    assert OTHER.campaign not in shown["one"]


def test_the_overview_shows_no_campaign_of_a_dag_one_may_not_read(web: TestClient, as_person: AsPerson) -> None:
    # Newer runs of other tests may stand in the place of these.
    shown = web.get("/ovh-sms/", headers=as_person("one"))
    assert shown.status_code == 200
    assert OTHER.campaign not in shown.text


@pytest.mark.parametrize("page", ["run", "messages", "messages.csv", "rejects", "campaign"])
def test_a_campaign_of_a_dag_one_may_not_read_is_refused(web: TestClient, as_person: AsPerson, page: str) -> None:
    assert web.get(of(KNOWN, page), headers=as_person("one")).status_code == 200
    answer = web.get(of(OTHER, page), headers=as_person("one"))
    assert answer.status_code == 403
    assert OTHER.campaign not in answer.text


@pytest.mark.parametrize("dag_id", ["", "~"])
def test_no_word_of_airflow_stands_for_every_dag(web: TestClient, as_person: AsPerson, dag_id: str) -> None:
    assert web.get(of(KNOWN, dag_id=dag_id), headers=as_person("admin")).status_code in (403, 422)


def test_a_second_dag_in_the_address_opens_nothing(web: TestClient, as_person: AsPerson) -> None:
    for first, second, status in ((KNOWN, OTHER, 403), (OTHER, KNOWN, 200)):
        path = f"{of(first)}&{urlencode({'dag_id': second.dag_id, 'run_id': OTHER.run_id})}"
        answer = web.get(path, headers=as_person("one"))
        assert answer.status_code == status
        assert OTHER.tag not in answer.text


def test_the_page_of_a_run(web: TestClient, as_person: AsPerson) -> None:
    answer = web.get(of(KNOWN), headers=as_person("vic"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert KNOWN.campaign in answer.text
    assert "2 of 2 submitted" in answer.text


def test_the_overview_says_that_no_campaign_is_scheduled(web: TestClient, as_person: AsPerson) -> None:
    shown = web.get("/ovh-sms/", headers=as_person("admin")).text
    assert "No campaign is scheduled: the next run is started by hand." in shown


def test_the_campaigns_of_a_period_have_their_totals(web: TestClient, as_person: AsPerson) -> None:
    shown = web.get("/ovh-sms/campaigns?period=all", headers=as_person("admin")).text
    assert '<th scope="row" colspan="2">Together</th>' in shown
    shown = web.get("/ovh-sms/campaigns?period=yesterday", headers=as_person("admin")).text
    assert '<option value="yesterday" selected>yesterday</option>' in shown
    assert "No run passes these filters." in shown


def test_a_run_leads_to_its_page_in_airflow_also_behind_a_path(web: TestClient, as_person: AsPerson) -> None:
    assert airflow_run("a dag", "manual__2026-03-12T10:00:00+01:00") == (
        "../dags/a%20dag/runs/manual__2026-03-12T10%3A00%3A00%2B01%3A00"
    )
    for run_id in (KNOWN.run_id, "manual__never"):
        shown = web.get(of(KNOWN, run_id=run_id), headers=as_person("vic")).text
        assert f'<a class="airflow" href="../dags/{KNOWN.dag_id}/runs/{run_id}">Open this run in Airflow</a>' in shown


def test_a_run_that_has_submitted_nothing_says_so(web: TestClient, as_person: AsPerson) -> None:
    for path in (of(KNOWN, run_id="manual__never"), of(KNOWN, dag_id="a_dag_that_is_gone")):
        answer = web.get(path, headers=as_person("admin"))
        assert answer.status_code == 200
        assert "This run has submitted nothing so far." in answer.text


def test_the_store_is_opened_once(web: TestClient, as_person: AsPerson) -> None:
    forget()
    for path in ("/ovh-sms/", of(KNOWN), "/ovh-sms/campaigns"):
        assert web.get(path, headers=as_person("admin")).status_code == 200
    assert reading._open.cache_info().misses == 1


def test_a_page_shows_the_figures_of_the_latest_collection(web: TestClient, as_person: AsPerson) -> None:
    admin = as_person("admin")
    store = reading.store()
    first = dataclasses.replace(small()[1][0], delivery_status="pending", delivered_at=None)
    for messages, shown in (([first], "1 of 2 submitted"), (small()[1], "2 of 2 submitted")):
        store.messages.save(KNOWN.tag, messages)
        before = web.get(of(KNOWN), headers=admin).text
        assert shown not in before, "what is half collected is not shown"
        store.submissions.finish(KNOWN.tag, compute(store, KNOWN.tag), complete=True)
        assert shown in web.get(of(KNOWN), headers=admin).text


def test_a_page_loads_no_pandas(web: TestClient, as_person: AsPerson) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pandas", None)  # an import fails
        for page in ("run", "messages", "rejects"):
            assert web.get(of(KNOWN, page), headers=as_person("admin")).status_code == 200


@pytest.mark.parametrize(
    ("header", "query", "shown"),
    [
        ("fr-FR,fr;q=0.9", "", "Campagnes"),
        ("en", "", "Campaigns"),
        ("en", "?language=fr", "Campagnes"),
        ("fr", "?language=en", "Campaigns"),
        ("fr", "?language=xx", "Campagnes"),
    ],
)
def test_a_page_speaks_the_readers_language(
    web: TestClient, as_person: AsPerson, header: str, query: str, shown: str
) -> None:
    page = web.get(f"/ovh-sms/campaigns{query}", headers={**as_person("vic"), "Accept-Language": header}).text
    assert f"<h1>{shown}</h1>" in page
    web.cookies.clear()


def test_a_chosen_language_is_kept(web: TestClient, as_person: AsPerson) -> None:
    headers = {**as_person("vic"), "Accept-Language": "en"}
    web.get("/ovh-sms/?language=fr", headers=headers)
    assert '<html lang="fr">' in web.get("/ovh-sms/campaigns", headers=headers).text
    web.cookies.clear()


def test_the_first_view_of_a_page_compiles_no_template(web: TestClient) -> None:
    from ovh_sms.dashboard.view import TEMPLATES, environment

    known = environment().cache
    assert known is not None
    compiled = {name for _, name in known}
    assert {each.name for each in TEMPLATES.glob("*.j2")} <= compiled
