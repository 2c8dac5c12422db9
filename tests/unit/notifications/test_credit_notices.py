"""Notices about orders: their price, contracts and link; each once, and without OVH's link unless asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.notifications.credit_notices import CreditNotifier, page_address
from ovh_sms.store.orders import OrderRecord
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.notifiers import KeepingNotifier
from support.stores import new_store

KEEPING = "support.notifiers.KeepingNotifier"
LINK = "https://www.ovh.com/order?orderId=7&orderPassword=secret"
QUOTE = {"quantity": 1000, "price_with_tax": 78.0, "price_without_tax": 65.0, "currency": "EUR"}


@pytest.fixture(autouse=True)
def kept() -> list[dict[str, str]]:
    KeepingNotifier.kept.clear()
    return KeepingNotifier.kept


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "results.sqlite")
    order = OrderRecord(
        order_id=7,
        account="sms-aa1-1",
        tag="a-tag",
        quantity=1000,
        ordered_at=datetime(2026, 3, 3, 10, tzinfo=UTC),
        price_with_tax=78.0,
        price_without_tax=65.0,
        currency="EUR",
        url=LINK,
        contracts=[{"name": "Terms & more", "url": "https://www.ovh.com/terms.pdf"}],
    )
    store.orders.record(order)
    yield store
    store.close()


def notifier(store: Store, run_id: str = "run_1", **changes: Any) -> CreditNotifier:
    entries = [{"notifier": KEEPING, "arguments": {}, "language": changes.pop("language", "en")}]
    given: dict[str, Any] = {"entries": entries, "link": "page", **changes}
    return CreditNotifier(**given, store=store, context=context(run_id=run_id), log=logging.getLogger("test"))  # type: ignore[arg-type]


def test_an_order_is_reported_with_its_price_contracts_and_page(store: Store, kept: list[dict[str, str]]) -> None:
    assert notifier(store).ordered(7, pay=False) == 1
    (only,) = kept
    assert only["subject"] == "1,000 credits ordered for sms-aa1-1"
    assert "Order 7: 1,000 credits for 78.00 EUR with tax, 65.00 EUR without." in only["text"]
    assert "A person must pay it now." in only["text"]
    assert "Terms & more: https://www.ovh.com/terms.pdf" in only["text"]
    assert only["text"].splitlines()[-1] == page_address("sms-aa1-1")
    assert '<a href="https://www.ovh.com/terms.pdf">Terms &amp; more</a>' in only["html_content"]
    assert "secret" not in str(kept)


def test_the_link_of_ovh_is_only_sent_if_asked_for(store: Store, kept: list[dict[str, str]]) -> None:
    notifier(store, link="ovh").ordered(7, pay=False)
    assert LINK in kept[0]["text"]


def test_the_page_has_the_address_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert page_address("sms-aa1-1") == "ovh-sms/credits?account=sms-aa1-1"
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.shop.fr/flow/")
    assert page_address("sms-aa1-1") == "https://airflow.shop.fr/flow/ovh-sms/credits?account=sms-aa1-1"


def test_each_notice_is_sent_once_whichever_run_sends_it(store: Store, kept: list[dict[str, str]]) -> None:
    order = store.orders.of(7)
    assert order
    for run in ("run_1", "run_2"):
        notifier(store, run).ordered(7, pay=True)
        notifier(store, run).waiting(order, "2026-03-04")
        notifier(store, run).not_paid_by_ovh(7, "This order can't be paid with 'paypal'")
    assert [each["subject"] for each in kept] == [
        "1,000 credits ordered for sms-aa1-1",
        "Order 7 for sms-aa1-1 is not paid yet",
        "Order 7 for sms-aa1-1 could not be paid",
    ]
    assert "It is paid next with the default payment method." in kept[0]["text"]
    assert "OVH refused the default payment method: This order can't be paid with 'paypal'" in kept[2]["text"]
    assert notifier(store).waiting(order, "2026-03-05") == 1, "once a day"


def test_an_order_that_is_too_dear_is_reported(store: Store, kept: list[dict[str, str]]) -> None:
    notifier(store).not_paid_by_ovh(7, "it costs 78.00 EUR with tax; 60.00 EUR were allowed", is_too_dear=True)
    assert kept[0]["subject"] == "Order 7 for sms-aa1-1 could not be paid"
    assert "It costs more than was allowed, so it was not paid automatically." in kept[0]["text"]


def test_without_a_payment_method_a_person_is_asked(store: Store, kept: list[dict[str, str]]) -> None:
    notifier(store).not_paid_by_ovh(7, "")
    assert "OVH has no default payment method for it." in kept[0]["text"]


@pytest.mark.parametrize(
    ("by", "said"), [("alice", "alice rejected it."), (None, "Nobody answered in time, so it was rejected.")]
)
def test_an_order_that_was_not_approved_is_reported(
    store: Store, kept: list[dict[str, str]], by: str | None, said: str
) -> None:
    assert notifier(store).rejected("sms-aa1-1", QUOTE, by) == 1
    assert kept[0]["subject"] == "The order for sms-aa1-1 was not approved"
    assert "1,000 credits for 78.00 EUR with tax." in kept[0]["text"]
    assert said in kept[0]["text"]


def test_a_notice_is_in_the_language_of_its_notifier(store: Store, kept: list[dict[str, str]]) -> None:
    notifier(store, language="fr").ordered(7, pay=False)
    assert kept[0]["subject"].endswith("crédits commandés pour sms-aa1-1")
    assert "78,00 EUR TTC" in kept[0]["text"]


def test_an_order_of_a_person_is_not_in_the_results(store: Store, kept: list[dict[str, str]]) -> None:
    assert notifier(store).ordered(8, pay=False) == 0
    assert kept == []


def test_an_order_of_a_person_is_reported_with_what_ovh_shows_of_it(store: Store, kept: list[dict[str, str]]) -> None:
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    theirs = OrderRecord(
        order_id=8, account="sms-aa1-1", tag="", quantity=0, ordered_at=at, price_with_tax=12.0, currency="EUR"
    )
    assert notifier(store, link="ovh").waiting(theirs, "2026-03-04") == 1
    assert "Order 8: 12.00 EUR with tax." in kept[0]["text"]
    assert kept[0]["text"].splitlines()[-1] == page_address("sms-aa1-1"), "OVH's link is not known"
