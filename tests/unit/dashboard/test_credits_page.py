"""The page of credits: OVH's link to an order is in nobody's HTML, and only those who may edit the top-up open it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.dashboard.headers import HEADERS
from ovh_sms.store.credit_checks import REFUSED, AccountCheck
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.orders import OrderRecord
from ovh_sms.store.reservation_records import KnownReservations, WantedCredits
from ovh_sms.store.run_records import Problem
from ovh_sms.store.store import Store
from ovh_sms.store.transfers import TransferRecord
from support.stores import new_store
from unit.dashboard.conftest import KNOWN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
ACCOUNT, OTHER = "sms-ab12345-1", "sms-ab12345-2"
URL = "https://order.example.org/displayOrder.html?orderId=230000001&orderPassword=secret12"
PAGE = f"/ovh-sms/credits?account={ACCOUNT}"


@pytest.fixture
def store(web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Results of an account with an unpaid order of two days, and a delivered one."""
    made = new_store(tmp_path / "credits.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: made)
    now = made.clock.now()
    for hours, amount in ((50, 900.0), (26, 640.0), (2, 410.0)):
        made.credit_readings.add(
            CreditReading(account=ACCOUNT, at=now - timedelta(hours=hours), credits=amount, enough=1000)
        )
    _order_twice(made, now)
    made.transfers.record(
        TransferRecord(
            tag="t1",
            source=OTHER,
            target=ACCOUNT,
            credits=700,
            at=now - timedelta(days=3),
            source_before=9000,
            source_after=8300,
            target_before=200,
            target_after=900,
        )
    )
    month = {"month": f"{now:%Y-%m}", "cap": 1500.0, "spent_by_others": 0.0, "currency": "EUR"}
    made.credit_checks.record(
        AccountCheck(account=ACCOUNT, name="shop", checked_at=now, decision="covered", month=month)
    )
    made.credit_checks.set_recredit(OTHER, "central", {"threshold": 100, "quantity": 500})
    wanted = WantedCredits(
        list_tag="l1",
        dag_id=KNOWN.dag_id,
        run_id=KNOWN.run_id,
        account=ACCOUNT,
        batches={"b": 120.0},
        lasts=timedelta(days=1),
    )
    assert made.reservations.reserve(wanted, KnownReservations(), credits_left=410).is_reserved
    return made


def _order_twice(made: Store, now: datetime) -> None:
    """An order that nobody has paid, and an older one that was delivered."""
    prices = {"price_with_tax": 325.4, "price_without_tax": 271.17, "currency": "EUR", "url": URL}
    terms = [{"name": "Terms of SMS", "url": "https://order.example.org/terms.pdf"}]
    made.orders.record(
        OrderRecord(
            order_id=230000001,
            account=ACCOUNT,
            tag="o1",
            quantity=5000,
            ordered_at=now - timedelta(days=2, hours=1),
            status="not paid",
            contracts=terms,
            expires_at=now + timedelta(days=12),
            **prices,
        )
    )
    made.orders.record(
        OrderRecord(
            order_id=230000000,
            account=ACCOUNT,
            tag="o0",
            quantity=5000,
            ordered_at=now - timedelta(days=40),
            status="delivered",
            delivered_at=now - timedelta(days=39),
            arrived_at=now - timedelta(days=39),
            **prices,
        )
    )


def get(web: TestClient, page: str, headers: dict[str, str]) -> str:
    answer = web.get(page, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def token(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return found[1]


def test_the_page_names_every_figure(web: TestClient, as_person: AsPerson, store: Store) -> None:
    shown = " ".join(re.sub(r"<[^>]+>", " ", get(web, PAGE, as_person("vic"))).split())
    for part in (
        "410 credits left, 120 of them reserved.",
        "Order 230000001: 325.40 EUR with tax, unpaid for 2 days",
        "5,000 credits for sms-ab12345-1.",
        "271.17 EUR",
        "Terms of SMS",
        "its credits have arrived",
        "credits that it should hold at least, by shop.yaml",
        "9,000 → 8,300",
        "200 → 900",
        KNOWN.campaign,
        "of 1,500.00 EUR at most",
    ):
        assert part in shown, shown
    assert "OVH buys 500 credits by itself when fewer than 100 are left" in get(
        web, f"/ovh-sms/credits?account={OTHER}", as_person("vic")
    )


def test_several_accounts_are_listed(web: TestClient, as_person: AsPerson, store: Store) -> None:
    shown = get(web, "/ovh-sms/credits", as_person("vic"))
    assert {ACCOUNT, OTHER} <= set(re.findall(r"sms-ab12345-\d", shown))
    assert "unpaid for 2 days" in shown
    assert web.get("/ovh-sms/credits?account=sms-xx1-1", headers=as_person("vic")).status_code == 404


def test_the_link_of_an_order_is_in_nobodys_html(web: TestClient, as_person: AsPerson, store: Store) -> None:
    for person in ("vic", "eddy", "admin"):
        for page in (PAGE, "/ovh-sms/credits", "/ovh-sms/", f"/ovh-sms/orders.csv?account={ACCOUNT}"):
            shown = get(web, page, as_person(person))
            assert "secret12" not in shown, (person, page)
            assert "displayOrder" not in shown, (person, page)


def test_only_who_may_edit_the_top_up_gets_the_form(web: TestClient, as_person: AsPerson, store: Store) -> None:
    assert "<form" not in get(web, PAGE, as_person("vic"))
    assert get(web, PAGE, as_person("eddy")).count('<form class="pay"') == 1
    for person in ("one", "none"):
        for page in (PAGE, f"/ovh-sms/orders.csv?account={ACCOUNT}"):
            assert web.get(page, headers=as_person(person)).status_code == 403
    own = web.get(PAGE, headers=as_person("eddy")).headers["content-security-policy"]
    assert "form-action 'self' https://order.example.org;" in own
    assert own.replace(" https://order.example.org", "") == HEADERS["Content-Security-Policy"]
    assert web.get(PAGE, headers=as_person("vic")).headers["content-security-policy"] == own.replace(
        " https://order.example.org", ""
    )


def test_the_form_leads_to_ovh_and_each_opening_is_recorded(web: TestClient, as_person: AsPerson, store: Store) -> None:
    given = {"order_id": "230000001", "token": token(get(web, PAGE, as_person("eddy")))}

    def post(person: str, **changes: str) -> object:
        return web.post("/ovh-sms/order", data={**given, **changes}, headers=as_person(person), follow_redirects=False)

    for person, changes in (("vic", {}), ("one", {}), ("admin", {}), ("eddy", {"token": "x"}), ("eddy", {"token": ""})):
        refused = post(person, **changes)
        assert refused.status_code == 403, person
        assert "location" not in refused.headers
    assert post("eddy", order_id="230000000").status_code == 404, "it is delivered"
    assert post("eddy", order_id="1").status_code == 404
    assert store.audit.list() == []
    answer = post("eddy")
    assert (answer.status_code, answer.headers["location"]) == (303, URL)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    (line,) = store.audit.list()
    assert (line.action, line.by) == ("open_order", "eddy")
    assert line.detail == f"form of order 230000001 for {ACCOUNT} opened"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example;script-src *", "https://u:p@a.example/", None]
)
def test_an_order_leads_to_an_address_of_the_web_alone(
    web: TestClient, as_person: AsPerson, store: Store, url: str | None
) -> None:
    store.orders.record(
        OrderRecord(
            order_id=7, account=OTHER, tag="o7", quantity=100, ordered_at=store.clock.now(), status="not paid", url=url
        )
    )
    answer = web.get(f"/ovh-sms/credits?account={OTHER}", headers=as_person("eddy"))
    assert "<form" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    given = {"order_id": "7", "token": token(get(web, PAGE, as_person("eddy")))}
    assert web.post("/ovh-sms/order", data=given, headers=as_person("eddy")).status_code == 404


def test_the_file_of_orders_has_the_money_to_the_cent(web: TestClient, as_person: AsPerson, store: Store) -> None:
    header, newest, oldest = get(web, f"/ovh-sms/orders.csv?account={ACCOUNT}", as_person("vic")).splitlines()
    row = dict(zip(header.split(";"), newest.split(";"), strict=True))
    assert (row["order_id"], row["quantity"], row["status"]) == ("230000001", "5000", "not paid")
    assert (row["price_with_tax"], row["price_without_tax"], row["currency"]) == ("325.40", "271.17", "EUR")
    assert "url" not in row
    assert "230000000" in oldest


def test_the_overview_says_what_needs_a_person_about_credits(
    web: TestClient, as_person: AsPerson, store: Store
) -> None:
    shown = get(web, "/ovh-sms/", as_person("vic"))
    assert "Needs you (1)" in shown
    assert "Order 230000001: 325.40 EUR with tax, unpaid for 2 days" in shown
    assert f'href="credits?account={ACCOUNT}"' in shown
    problem = Problem(
        step="check", error="BudgetExceeded", what="The order costs 78.00 EUR.", action="Raise it.", at="2026-11-29"
    )
    store.credit_checks.record(
        AccountCheck(account=OTHER, name="central", checked_at=store.clock.now(), decision=REFUSED, problem=problem)
    )
    shown = get(web, "/ovh-sms/", as_person("vic"))
    assert "Needs you (2)" in shown
    assert "The order costs 78.00 EUR. Raise it." in shown
    shown = get(web, "/ovh-sms/", as_person("one"))
    assert "Needs you (0)" in shown
    assert ACCOUNT not in shown


def test_a_reader_in_france_reads_french(web: TestClient, as_person: AsPerson, store: Store) -> None:
    shown = get(web, PAGE, {**as_person("eddy"), "accept-language": "fr"})
    assert "impayée depuis 2 jours" in shown
    assert "Ouvrir le formulaire" in shown
    assert "410 crédits restants, dont 120 réservés" in shown
