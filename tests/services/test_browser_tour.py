"""The tour of an operator at 8 on a Saturday: each campaign is in another state, and its page says so in figures."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from support import axe, screens
from support.airflow_pages import AirflowPages, airflow_pages
from support.browser import Page, chromium
from support.campaign_runs import seconds_until
from support.sandbox import ROOT
from support.tour import AIRFLOW_STATES, MORNING, READY, Tour, tour
from support.tour_lines import first_lines, n

__all__ = ["chromium"]

#: The first test waits for a week of campaigns to be made.
pytestmark = pytest.mark.timeout(600)

STATES = {
    "autumn_sale": "final",
    "vouchers": "cancelled",
    "club": "held",
    "spring": "blocked",
    "restock": "in_part",
    "reminders": "waiting",
    "orders": "awaited",
    "invoices": "unknown",
    "delivery": "leaving",
}
INSIDE = "document.querySelector('iframe')?.contentDocument"


@dataclass(frozen=True)
class Served:
    """The runs of the tour, and the pages that show them."""

    tour: Tour
    airflow: AirflowPages

    def address(self, page: str, name: str, **more: str) -> str:
        run = self.tour.runs[name]
        return f"{page}?{urlencode({'dag_id': run.dag_id, 'run_id': run.run_id, **more})}"

    def truth(self, name: str) -> dict[str, int]:
        """Counts of the messages that the sandbox has really taken for a run, but for unknown outcomes."""
        found = [self.tour.sandbox.truth(tag) for tag in self.tour.runs[name].tags]
        counts = ("accepted", "sent", "delivered", "failed", "pending", "stops", "credits", "cancelled")
        return {count: sum(int(each[count]) for each in found) for count in counts}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("tour")
    with tour(home) as made:
        runs = [json.dumps([run.dag_id, run.run_id, AIRFLOW_STATES[name]]) for name, run in made.runs.items()]
        settings = {
            "OVH_SMS_TESTS_AHEAD": str(seconds_until(MORNING)),
            "AIRFLOW__CORE__AUTH_MANAGER": "support.moved_dag_rights.DagRights",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "OVH_SMS_INCLUDE": str(home / "include"),
        }
        with airflow_pages(home, runs, ready=READY, **settings) as running:
            yield Served(made, running)


@pytest.mark.parametrize("person", ["vic", "admin"])
def test_each_campaign_is_found_from_airflows_menu_and_its_page_says_its_state(
    served: Served, chromium: Page, person: str
) -> None:
    served.airflow.sign_in_by_form(chromium, person)
    chromium.open(served.airflow.address + "/", width=1400)
    chromium.wait_for("[...document.querySelectorAll('nav button, button')].some(b => /Browse/.test(b.innerText))")
    chromium.open(f"{served.airflow.address}/plugin/sms-campaigns", width=1400)
    said = {}
    truth = {name: served.truth(name) for name in served.tour.runs}
    for name, lines in first_lines(truth).items():
        chromium.wait_for(f"{INSIDE}?.querySelector('header a')?.innerText && document.readyState === 'complete'")
        chromium.value(f"{INSIDE}.querySelector('header a[href=campaigns]').click()")
        link = f'main a[href^="run?dag_id=sms_campaign_{name}&"]'
        chromium.wait_for(f"{INSIDE}?.querySelector('form.filters') && !!{INSIDE}.querySelector('{link}')")
        chromium.value(f"{INSIDE}.querySelector('{link}').click()")
        shown = chromium.wait_for(f"{INSIDE}?.querySelector('.first-line.{STATES[name]}')?.innerText")
        missing = [line for line in lines if line not in shown]
        assert missing == [], shown
        said[name] = chromium.value(f"{INSIDE}.querySelector('.first-line').innerText")
        assert chromium.value(f"{INSIDE}.querySelector('h1').innerText") == name
    states = {name: text.splitlines()[0] for name, text in said.items()}
    assert len({*states.values()}) == len(states), "two states are called the same"


def test_a_run_of_airflow_leads_to_its_page(served: Served, chromium: Page) -> None:
    served.airflow.sign_in_by_form(chromium, "vic")
    run = served.tour.runs["club"]
    chromium.open(f"{served.airflow.address}/dags/{run.dag_id}/runs/{run.run_id}", width=1400)
    tab = "[...document.querySelectorAll('a')].find(a => a.innerText.trim() === 'SMS report')"
    chromium.wait_for(f"!!{tab}")
    chromium.value(f"{tab}.click()")
    shown = chromium.wait_for(
        "document.querySelector('iframe')?.contentDocument?.querySelector('.first-line.held')?.innerText"
    )
    assert "held until Mon 30 Nov 08:00" in shown
    assert "It can be withdrawn until Mon 30 Nov 08:00; the credits of withdrawn messages come back." in shown
    chromium.value(f"{INSIDE}.querySelector('a.airflow').click()")
    path = f"decodeURIComponent(location.pathname).endsWith('/dags/{run.dag_id}/runs/{run.run_id}')"
    chromium.wait_for(f"{path} && !document.querySelector('iframe')")


def test_each_run_shows_its_whole_cost_and_rows(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    for name in served.tour.runs:
        chromium.open(f"{served.airflow.address}/ovh-sms/{served.address('run', name)}", width=1400)
        tiles = chromium.value("document.querySelector('.tiles').innerText").replace("\n", " ")
        truth, run = served.truth(name), served.tour.runs[name]
        if STATES[name] == "final":
            assert f"Credits spent {n(truth['credits'])} exactly the {n(truth['credits'])} estimated" in tiles
            assert f"Submitted {n(truth['accepted'])} of {n(run.prepared['rows'])} rows, 4 rejected" in tiles
            continue
        assert f"Credits {n(truth['credits'])} spent of {n(run.prepared['credits'])} estimated" in tiles
        assert f"Accepted by OVH {n(truth['accepted'])} of {n(run.prepared['accepted'])}" in tiles
        assert f"Rows of the list {n(run.prepared['rows'])}" in tiles


def test_the_overview_lists_who_needs_a_person_and_who_is_under_way(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/", width=1400)
    listed = "[...document.querySelectorAll('{}')].map(e => e.innerText)"
    needing = chromium.value(listed.format(".attention strong"))
    assert needing == ["invoices", "restock", "spring"], "the unknown outcome first, then the newest"
    assert {*chromium.value(listed.format(".moving strong"))} == {"delivery", "orders", "reminders", "club"}
    coming = chromium.value("document.querySelector('section[aria-labelledby=next]').innerText").replace("\t", " ")
    assert "No campaign is scheduled: the next run is started by hand." in coming
    assert re.search(r"reminders waiting for its hours\s+Sat 28 Nov 12:00\s+2\s+will cost 2", coming), coming
    held = served.truth("club")
    charged = rf"{held['accepted']}\s+{held['credits']} already charged"
    assert re.search(rf"club held by OVH\s+Mon 30 Nov 08:00\s+{charged}", coming), coming


def test_the_figures_of_the_overview_are_the_sandboxs(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/", width=1400)
    tiles = chromium.value("document.querySelector('section[aria-labelledby=month]').innerText").replace("\n", " ")
    sums = {}
    for name in served.tour.runs:
        for count, number in served.truth(name).items():
            sums[count] = sums.get(count, 0) + number
    whole = served.tour.sandbox.truth(account=served.tour.sandbox.account_name)
    not_known = whole["accepted"] - sums["accepted"]
    assert not_known == 200
    assert f"Messages sent {n(sums['accepted'])}" in tiles
    assert f"{not_known} more are not known to be sent" in tiles
    assert f"Credits spent {n(sums['credits'])}" in tiles
    assert f"{served.truth('autumn_sale')['stops']} of" in tiles


def status_of(message: dict[str, Any]) -> str:
    """The delivery status of a final message; operator code 8 says that its time ran out."""
    if message["final_receipt"] == 1:
        return "delivered"
    return "expired" if message["final_ptt"] == 8 else "failed"


def test_the_messages_of_a_run_are_filtered_and_downloaded_as_the_sandbox_has_them(
    served: Served, chromium: Page
) -> None:
    (tag,) = served.tour.runs["autumn_sale"].tags
    truth = served.tour.sandbox.messages(tag)
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/{served.address('messages', 'autumn_sale')}", width=1400)
    assert f"{len(truth)} messages" in chromium.value("document.querySelector('main').innerText")
    chromium.value("document.querySelector('select[name=status]').value = 'failed'")
    chromium.follow("form.filters button")
    statuses = [status_of(each) for each in truth]
    failed = statuses.count("failed")
    assert f"{failed} message" in chromium.value("document.querySelector('main').innerText")
    assert chromium.value("document.querySelectorAll('tbody tr').length") == failed
    assert re.search(r"\+33 6 39 ·· ·· \d\d", chromium.value("document.querySelector('tbody').innerText"))
    answer = served.airflow.get(served.address("messages.csv", "autumn_sale", numbers="shown"), "eddy")
    rows = list(csv.DictReader(io.StringIO(answer.text), delimiter=";"))
    expected = {
        (each["receiver"], status, str(each["final_ptt"]), str(each["parts"]))
        for each, status in zip(truth, statuses, strict=True)
    }
    assert len(rows) == len(truth)
    assert {
        (row["receiver"], row["delivery_status"], row["operator_code"], row["segments"]) for row in rows
    } == expected


def test_a_receiver_is_searched_without_its_number_in_an_address(served: Served, chromium: Page) -> None:
    message = next(each for each in served.tour.sandbox.messages() if each["final_receipt"] == 1)
    served.airflow.sign_in(chromium, "eddy")
    chromium.open(f"{served.airflow.address}/ovh-sms/receiver", width=1400)
    chromium.type_into("input[name=number]", message["receiver"])
    chromium.follow("form.filters button")
    shown = chromium.value("document.querySelector('main').innerText")
    assert "1 message" in shown
    assert "autumn_sale" in shown
    assert message["receiver"][4:] not in chromium.value("location.href")
    screens.take_here(chromium, "tour_receiver")


def test_the_rejects_stand_with_their_reasons(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/{served.address('run', 'autumn_sale')}", width=1400)
    chromium.follow("main a[href^=rejects]")
    shown = chromium.value("document.querySelector('main').innerText")
    assert "4 rows were rejected" in shown
    assert "duplicate" in shown


def pages(served: Served) -> dict[str, str]:
    runs = {f"run_{STATES[name]}": served.address("run", name) for name in served.tour.runs}
    more = {
        "overview": "",
        "campaigns": "campaigns",
        "campaign": "campaign?dag_id=sms_campaign_club",
        "messages": served.address("messages", "autumn_sale"),
        "rejects": served.address("rejects", "autumn_sale"),
    }
    return {**more, **runs}


def test_every_page_fits_wide_and_narrow_screens_in_both_themes(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "admin")
    for name, page in pages(served).items():
        screens.take(chromium, f"{served.airflow.address}/ovh-sms/{page}", f"tour_{name}")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_state_has_a_serious_fault_for_those_who_cannot_see(served: Served, chromium: Page, language: str) -> None:
    served.airflow.sign_in(chromium, "admin")
    found = {}
    for theme in screens.THEMES:
        chromium.system_theme(theme)
        for name, page in pages(served).items():
            mark = "&" if "?" in page else "?"
            chromium.open(f"{served.airflow.address}/ovh-sms/{page}{mark}language={language}", width=1400)
            found[name, theme] = axe.faults(chromium)
    assert {page: faults for page, faults in found.items() if faults} == {}
