"""The credits of an account in a real browser: money as at OVH, and OVH's form for those who may pay."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ovh_sms.forecast.forecast import Forecast
from support import axe, screens
from support.airflow_pages import AirflowPages, airflow_pages
from support.browser import Page, chromium
from support.credit_world import READY, CreditWorld, credit_world
from support.sandbox import ROOT

__all__ = ["chromium"]

#: The first test waits for the account and for Airflow.
pytestmark = pytest.mark.timeout(600)
INSIDE = "document.querySelector('iframe')?.contentDocument"
TEXT = "document.querySelector('main').innerText.replace(/\\s+/g, ' ')"


@dataclass(frozen=True)
class Served:
    """The account, and the pages that show it."""

    world: CreditWorld
    airflow: AirflowPages

    @property
    def page(self) -> str:
        return f"credits?account={self.world.account}"

    @property
    def unpaid(self) -> dict[str, Any]:
        """The one order that waits for its payment, as it is at OVH."""
        (found,) = [each for each in self.world.orders() if each["status"] == "notPaid"]
        return found

    @property
    def link(self) -> str:
        """OVH's own link to that order."""
        order = self.world.store.orders.of(self.unpaid["id"])
        assert order
        assert order.url
        return order.url


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("credits")
    with credit_world(home) as world:
        settings = {"AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"), "OVH_SMS_INCLUDE": str(home / "include")}
        check = json.dumps(world.asked.to_xcom())
        with airflow_pages(home, [check], ready=READY, **settings) as running:
            yield Served(world, running)


def euros(amount: float) -> str:
    return f"{amount:,.2f} EUR"


def test_the_money_of_page_file_and_command_is_the_sandboxs_to_the_cent(served: Served, chromium: Page) -> None:
    truth = served.world.orders()
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/{served.page}", width=1400)
    shown = chromium.value(TEXT)
    rows = chromium.value(
        "[...document.querySelectorAll('section[aria-labelledby=orders] tbody tr')].map(r => r.innerText)"
    )
    for row, order in zip(rows, reversed(truth), strict=True):
        assert str(order["id"]) in row
        assert euros(order["price_with_tax"]) in row
        assert euros(order["price_without_tax"]) in row
    spent = euros(sum(each["price_with_tax"] for each in truth))
    assert f"{spent} with tax, of 1,500.00 EUR at most" in shown
    lines = served.airflow.get(f"orders.csv?account={served.world.account}", "vic").text
    file = list(csv.DictReader(io.StringIO(lines), delimiter=";"))
    assert {row["order_id"]: row["price_with_tax"] for row in file} == {
        str(each["id"]): f"{each['price_with_tax']:.2f}" for each in truth
    }


def test_the_page_says_how_long_the_credits_last_and_what_counts(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/{served.page}", width=1400)
    shown = chromium.value(TEXT)
    assert "820 credits left, 130 of them reserved." in shown
    reading = served.world.store.credit_readings.newest(served.world.account)
    assert reading
    assert reading.forecast
    forecast = Forecast.from_json(reading.forecast)
    assert forecast.dry_on
    assert forecast.planned
    assert str(forecast) in shown
    assert "OVH refused the default payment method." in shown
    assert "9,000 → 8,800" in shown
    assert f"Order {served.unpaid['id']}: {euros(served.unpaid['price_with_tax'])} with tax, unpaid for" in shown


def test_the_overview_leads_to_the_unpaid_order_and_to_the_approval(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "eddy")
    chromium.open(f"{served.airflow.address}/ovh-sms/", width=1400)
    needing = chromium.value("document.querySelector('section[aria-labelledby=needs]').innerText")
    assert f"Order {served.unpaid['id']}: {euros(served.unpaid['price_with_tax'])} with tax, unpaid for" in needing
    assert "The account lasts until" in needing
    price = served.world.asked.quote or pytest.fail("nothing was asked")
    asked = f"1,000 credits for sms-web-1: {euros(price['price_with_tax'])} with tax, waiting for approval"
    assert asked in needing
    assert "Asked: eddy." in needing
    address = chromium.value("document.querySelector('a[href*=required_actions]').href")
    assert address == f"{served.airflow.address}/dags/sms_credits_topup/runs/manual__asks/required_actions"
    chromium.open(address, width=1400)
    chromium.wait_for("document.body.innerText.includes('Approve an order of credits')")
    screens.take_here(chromium, "credits_approval")


def windows(page: Page) -> list[str]:
    """Addresses of the windows that are open."""
    found = page.call("Target.getTargets")["targetInfos"]
    return [each["url"] for each in found if each["type"] == "page"]


@pytest.mark.parametrize("frame", [False, True])
def test_who_may_pay_is_led_to_ovhs_form_in_a_new_window(served: Served, chromium: Page, frame: bool) -> None:
    served.airflow.sign_in_by_form(chromium, "eddy")
    before = len(served.world.store.audit.list())
    if frame:
        chromium.open(f"{served.airflow.address}/plugin/sms-campaigns", width=1400)
        chromium.wait_for(f"{INSIDE}?.querySelector('header a[href=credits]')?.innerText")
        chromium.value(f"{INSIDE}.querySelector('header a[href=credits]').click()")
        row = f"{INSIDE}?.querySelector('main a[href*=\"{served.world.account}\"]')"
        chromium.wait_for(f"!!{row}")
        chromium.value(f"{row}.click()")
        button = f"{INSIDE}?.querySelector('form.pay button')"
        chromium.wait_for(f"!!{button}")
    else:
        chromium.open(f"{served.airflow.address}/ovh-sms/{served.page}", width=1400)
        button = "document.querySelector('form.pay button')"
    html = chromium.value(f"{button}.ownerDocument.documentElement.outerHTML")
    assert served.link not in html
    assert "orderPassword" not in html
    # A click of a person: a browser opens no window for a script.
    chromium.call("Runtime.evaluate", expression=f"{button}.click()", userGesture=True)
    served.world.sandbox.wait_until(lambda: served.link in windows(chromium))
    newest, *_ = served.world.store.audit.list()
    assert len(served.world.store.audit.list()) == before + 1
    assert (newest.action, newest.by) == ("open_order", "eddy")
    assert str(served.unpaid["id"]) in newest.detail


def test_who_may_only_read_gets_no_form(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "vic")
    chromium.open(f"{served.airflow.address}/ovh-sms/{served.page}", width=1400)
    assert chromium.value("document.querySelectorAll('main form').length") == 0
    assert served.link not in chromium.value("document.documentElement.outerHTML")


def pages(served: Served) -> dict[str, str]:
    return {"credits": served.page, "credits_accounts": "credits", "credits_overview": ""}


def test_the_pages_fit_wide_and_narrow_screens_in_both_themes(served: Served, chromium: Page) -> None:
    served.airflow.sign_in(chromium, "eddy")
    for name, page in pages(served).items():
        screens.take(chromium, f"{served.airflow.address}/ovh-sms/{page}", name)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_has_a_serious_fault_for_those_who_cannot_see(served: Served, chromium: Page, language: str) -> None:
    served.airflow.sign_in(chromium, "eddy")
    found = {}
    for theme in screens.THEMES:
        chromium.system_theme(theme)
        for name, page in pages(served).items():
            mark = "&" if "?" in page else "?"
            chromium.open(f"{served.airflow.address}/ovh-sms/{page}{mark}language={language}", width=1400)
            found[name, theme] = axe.faults(chromium)
    assert {page: faults for page, faults in found.items() if faults} == {}
