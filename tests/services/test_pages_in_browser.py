"""The pages in a real browser, from a real API server whose address has a path."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from ovh_sms.contacts.prepared_list import REJECTS_NAME
from ovh_sms.operators.links import report_address
from ovh_sms.store.models import SubmissionRecord
from ovh_sms.store.published_lists import PublishedList
from support import axe, screens
from support.airflow_pages import AirflowPages, airflow_pages
from support.browser import Page, chromium
from support.inbox import save_replies
from support.shown_users import save_users
from support.waiting_for_approval import waiting_run
from unit.report.report_sample import collect, fill, large, small

__all__ = ["chromium"]

SENT, MESSAGES = large()
#: A campaign whose names try to be more than text.
HOSTILE = dataclasses.replace(
    small()[0],
    tag="5c21c7ffffff0001",
    campaign="<script>document.title='broken'</script>",
    dag_id="sms_campaign_hostile",
    run_id="<img src=x onerror=alert(1)>&run_id=../../etc/passwd",
    sender="=1+1",
)
SECRET = "nobody may read this: 0639980077"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowPages]:
    home = tmp_path_factory.mktemp("airflow")
    fill_store(home)
    with airflow_pages(home, [SENT.dag_id, small()[0].dag_id, HOSTILE.dag_id]) as running:
        yield running


def fill_store(home: Path) -> None:
    store = fill(home / "data" / "results.sqlite")
    given = {"sent_at": datetime.now(UTC), "submitted": 2, "refused": 0, "credits_spent": 2.0}
    hostile = [
        dataclasses.replace(each, tag=HOSTILE.tag, outgoing_id=900_000 + at, sender="=1+1", operator="@SUM(A1)")
        for at, each in enumerate(small()[1])
    ]
    collect(store, dataclasses.replace(HOSTILE, **given), hostile)
    save_users(store)
    (said, *_) = save_replies(store)
    about = {"campaign": HOSTILE.campaign, "dag_id": HOSTILE.dag_id, "run_id": HOSTILE.run_id}
    hostile_reply = dataclasses.replace(
        said, inbound_id=900, received_at=given["sent_at"], text=HOSTILE.run_id, keyword=HOSTILE.campaign, **about
    )
    store.inbound.save(HOSTILE.account, [hostile_reply])
    (home / "secret").mkdir()
    (home / "secret" / REJECTS_NAME).write_text(SECRET)
    good = home / "data" / "spring_sale" / "0001"
    good.mkdir(parents=True)
    (good / REJECTS_NAME).write_text("line;column;value;reason\n7;number;0639;invalid_number\n")
    linked = home / "data" / "linked"
    linked.mkdir()
    (linked / REJECTS_NAME).symlink_to(home / "secret" / REJECTS_NAME)
    for at, (run, folder) in enumerate(
        [
            (SENT, good),
            (HOSTILE, home / "secret"),
            (HOSTILE, home / "data" / ".." / "secret"),
            (HOSTILE, linked),
            (HOSTILE, "/etc"),
        ]
    ):
        published = PublishedList(
            list_tag=f"list{at}",
            dag_id=run.dag_id,
            run_id=run.run_id,
            account=run.account,
            digest=str(at) * 64,
            folder=str(folder),
            content={"message": "x"},
        )
        store.published_lists.publish(published)
    waits = {"dag_id": SENT.dag_id, "run_id": "manual__waits", "account": SENT.account}
    waiting_run(store, home / "data", names=["Eva", "Maximilian", *[f"P{at}" for at in range(30)]], **waits)
    store.close()


def of(run: SubmissionRecord, page: str, **more: str) -> str:
    return f"{page}?{urlencode({'dag_id': run.dag_id, 'run_id': run.run_id, **more})}"


PAGES = {
    "overview": "",
    "campaigns": "campaigns?period=all",
    "campaign": f"campaign?dag_id={SENT.dag_id}",
    "run": of(SENT, "run"),
    "messages": of(SENT, "messages"),
    "rejects": of(SENT, "rejects"),
    "resend": of(SENT, "resend"),
    "receiver": "receiver",
    "users": "users",
    "inbox": "inbox",
    "conversation": f"conversation?{urlencode({'account': SENT.account, 'reply': 1, 'numbers': 'shown'})}",
    "no_run": of(SENT, "run", run_id="another"),
    "run_waiting": of(SENT, "run", run_id="manual__waits"),
    "preview": of(SENT, "preview", run_id="manual__waits"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_screen_in_either_theme_and_keeps_its_policy(
    airflow: AirflowPages, chromium: Page, name: str
) -> None:
    airflow.sign_in(chromium, "admin")
    address = f"{airflow.address}/ovh-sms/{PAGES[name]}"
    screens.take(chromium, address, name)
    assert chromium.value("document.querySelectorAll('main h1').length") == 1
    top = "document.querySelector('{}').getBoundingClientRect().top"
    beside = f"{top.format('header nav a')} === {top.format('.language')}"
    assert chromium.value(f"innerWidth === 390 && {beside}"), "the language stands beside the menu of a phone"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_has_no_serious_fault_for_those_who_cannot_see(
    airflow: AirflowPages, chromium: Page, language: str
) -> None:
    airflow.sign_in(chromium, "admin")
    found = {}
    for theme in screens.THEMES:
        chromium.system_theme(theme)
        for name, page in PAGES.items():
            mark = "&" if "?" in page else "?"
            chromium.open(f"{airflow.address}/ovh-sms/{page}{mark}language={language}", width=1400)
            assert chromium.value("document.documentElement.lang") == language
            found[name, theme] = axe.faults(chromium)
    assert {page: faults for page, faults in found.items() if faults} == {}


def test_charts_are_drawn_under_the_strict_policy(airflow: AirflowPages, chromium: Page) -> None:
    airflow.sign_in(chromium, "vic")
    chromium.open(f"{airflow.address}/{report_address(SENT.dag_id, SENT.run_id)}", width=1400)
    assert chromium.wait_for("document.querySelectorAll('.chart svg.main-svg').length > 0")
    assert chromium.complaints == []
    assert chromium.value("document.querySelectorAll('style').length") == 0


def test_the_menu_of_airflow_behind_a_path_opens_the_pages_in_its_own_theme(
    airflow: AirflowPages, chromium: Page
) -> None:
    airflow.sign_in_by_form(chromium, "vic")
    chromium.system_theme("light")
    chromium.open(f"{airflow.address}/plugin/sms-campaigns", width=1400)
    assert chromium.wait_for("document.querySelector('iframe')?.src") == f"{airflow.address}/ovh-sms/"
    inside = "document.querySelector('iframe').contentDocument"
    assert chromium.wait_for(f"{inside}?.querySelector('h1')?.innerText") == "SMS campaigns"
    for theme in ("dark", "light"):
        # As Airflow's own switch does it: the choice is kept, and the class of its root element changes.
        other = "light" if theme == "dark" else "dark"
        chromium.value(f"document.documentElement.classList.replace('{other}', '{theme}')")
        assert chromium.wait_for(f"{inside}.documentElement.dataset.theme === '{theme}'")
    chromium.value(f"{inside}.querySelector('a[href^=\"run\"]').click()")
    assert chromium.wait_for(f"{inside}?.querySelector('.campaign')?.innerText")


def test_airflows_chosen_theme_holds_against_the_systems(airflow: AirflowPages, chromium: Page) -> None:
    airflow.sign_in(chromium, "vic")
    chromium.system_theme("light")
    chromium.open(f"{airflow.address}/ovh-sms/", width=1400)
    chromium.value("localStorage.setItem('theme', 'dark')")
    chromium.open(f"{airflow.address}/plugin/sms-campaigns", width=1400)
    inside = "document.querySelector('iframe')?.contentDocument"
    assert chromium.wait_for(f"{inside}?.documentElement?.dataset.theme") == "dark"
    assert chromium.value("document.documentElement.classList.contains('dark')"), "Airflow keeps its theme elsewhere"
    chromium.open(f"{airflow.address}/ovh-sms/", width=1400)
    assert chromium.value("document.documentElement.dataset.theme") == "dark"


def test_messages_are_filtered_and_the_csv_holds_the_same(airflow: AirflowPages, chromium: Page) -> None:
    airflow.sign_in(chromium, "vic")
    chromium.open(f"{airflow.address}/ovh-sms/{of(SENT, 'messages')}", width=1400)
    chromium.value("document.querySelector('select[name=status]').value = 'expired'")
    chromium.follow("form.filters button")
    expired = [each for each in MESSAGES if each.delivery_status == "expired"]
    assert f"{len(expired)} messages" in chromium.value("document.querySelector('main').innerText")
    assert chromium.value("new Set([...document.querySelectorAll('tbody .state')].map(e => e.innerText)).size") == 1
    shown = chromium.value("document.querySelector('tbody tr td:nth-child(2)').innerText")
    assert re.fullmatch(r"\+33 6 39 ·· ·· \d\d", shown)
    address = chromium.value("document.querySelector('a[download]').getAttribute('href')")
    answer = airflow.get(address, "vic")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text), delimiter=";"))
    assert [int(row["outgoing_id"]) for row in rows] == [each.outgoing_id for each in expired]
    assert not [row for row in rows if "·" not in row["receiver"]]
    whole = airflow.get(of(SENT, "messages.csv", numbers="shown"), "eddy").text
    assert next(csv.DictReader(io.StringIO(whole), delimiter=";"))["receiver"] == MESSAGES[0].receiver
    assert MESSAGES[0].receiver not in airflow.get(of(SENT, "messages.csv", numbers="shown"), "vic").text


def test_a_receiver_is_searched_by_keyboard_and_no_number_stands_in_an_address(
    airflow: AirflowPages, chromium: Page
) -> None:
    airflow.sign_in(chromium, "eddy")
    chromium.open(f"{airflow.address}/ovh-sms/receiver", width=390)
    chromium.type_into("input[name=number]", "06 39 98 01 00")
    chromium.value("window.isLeft = true")
    chromium.press("Enter")
    chromium.wait_for("!window.isLeft && document.readyState === 'complete'")
    assert SENT.campaign in chromium.value("document.querySelector('main').innerText")
    assert "980100" not in chromium.value("location.href + document.documentElement.outerHTML").replace(" ", "")
    airflow.sign_in(chromium, "vic")
    chromium.open(f"{airflow.address}/ovh-sms/", width=390)
    assert chromium.value("document.querySelector('a[href=receiver]')") is None
    assert airflow.get("receiver", "vic").status_code == 403


def test_a_reply_is_searched_by_a_form_and_its_conversation_is_opened(airflow: AirflowPages, chromium: Page) -> None:
    airflow.sign_in(chromium, "eddy")
    chromium.open(f"{airflow.address}/ovh-sms/inbox", width=390)
    chromium.type_into("input[name=text]", "a midi")
    chromium.value("window.isLeft = true")
    chromium.press("Enter")
    chromium.wait_for("!window.isLeft && document.readyState === 'complete'")
    assert chromium.value("document.querySelectorAll('tbody tr').length") == 1
    assert "midi" not in chromium.value("location.href")
    chromium.follow("tbody a[href^=conversation]")
    assert "Je viens a midi" in chromium.value("document.querySelector('main').innerText")
    assert re.search(r"\+33 6 39 ·· ·· \d\d", chromium.value("document.querySelector('h1').innerText"))


def test_what_users_wrote_stays_text(airflow: AirflowPages, chromium: Page) -> None:
    airflow.sign_in_by_form(chromium, "admin")
    for page in ("campaigns?period=all", of(HOSTILE, "run"), of(HOSTILE, "messages"), of(HOSTILE, "rejects"), "inbox"):
        chromium.open(f"{airflow.address}/ovh-sms/{page}", width=1400)
        assert chromium.complaints == []
        assert "broken" not in chromium.value("document.title").split(",")[0].replace(HOSTILE.campaign, "")
        assert HOSTILE.campaign in chromium.value("document.querySelector('main').innerText")
        assert chromium.value("document.querySelectorAll('main script:not([type]), main img').length") == 0
    answer = airflow.get(of(HOSTILE, "messages.csv"), "admin").text
    assert "'=1+1" in answer
    assert "'@SUM(A1)" in answer


def test_the_rejects_are_downloaded_from_the_data_folder_alone(airflow: AirflowPages) -> None:
    answer = airflow.get(of(SENT, "rejects.csv", list_tag="list0"), "eddy")
    assert answer.status_code == 200
    assert "invalid_number" in answer.text
    for tag in ("list1", "list2", "list3", "list4", "list0", "../list0", "/etc/passwd"):
        answer = airflow.get(of(HOSTILE, "rejects.csv", list_tag=tag), "eddy")
        assert answer.status_code == 404, tag
        assert SECRET not in answer.text
    assert airflow.get(of(SENT, "rejects.csv", list_tag="list0"), "vic").status_code == 403


def test_plotly_is_loaded_once(airflow: AirflowPages) -> None:
    page = airflow.get(of(SENT, "run"), "vic")
    assert len(page.content) < 300_000
    (address,) = re.findall(r'src="(static/[^"]+/plotly\.min\.js)"', page.text)
    script = airflow.get(address, "vic")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    assert "plotly.js" in script.text[:200]
    assert airflow.get(f"static/{'0' * 16}/plotly.min.js", "vic").headers["cache-control"] == "no-store"


def test_an_api_server_registers_the_plugin_once(airflow: AirflowPages) -> None:
    headers = {"Authorization": f"Bearer {airflow.token('admin')}"}
    found = requests.get(f"{airflow.address}/api/v2/plugins?limit=100", headers=headers, timeout=30).json()["plugins"]
    assert [each["name"] for each in found].count("ovh_sms") == 1
    errors = requests.get(f"{airflow.address}/api/v2/plugins/importErrors", headers=headers, timeout=30).json()
    assert errors["import_errors"] == []
