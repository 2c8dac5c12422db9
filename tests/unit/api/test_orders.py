from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import OutcomeUnknown
from support.sandbox import SandboxProcess
from unit.api.samples import MakeClient


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), start=None) as process:
        yield process


def test_a_quote_orders_nothing(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    quote = client.orders.quote(500)
    assert (quote.order_id, quote.url) == (None, None)
    assert quote.price_with_tax == pytest.approx(quote.price_without_tax + quote.tax)
    assert quote.currency == "EUR"
    assert quote.text
    assert sandbox.orders() == []


def test_an_order_carries_price_and_the_address_of_its_form(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    order = client.orders.create(500)
    assert order.order_id is not None
    assert (order.url or "").startswith("https://")
    assert order.price_with_tax == client.orders.quote(500).price_with_tax
    assert order.contracts
    assert len(sandbox.orders()) == 1
    assert client.orders.status(order.order_id) == "not paid"
    (line,) = client.orders.lines(order.order_id)
    assert (line.domain, line.quantity) == ("sms-sb00001-1", "500")
    (open_order,) = client.orders.open()
    assert (open_order.id, open_order.status, open_order.url) == (order.order_id, "not paid", order.url)
    assert open_order.certain
    assert (open_order.quantity, open_order.price_with_tax) == (500, order.price_with_tax)
    assert open_order.created is not None
    assert abs(open_order.created - datetime.now(UTC)) < timedelta(minutes=5)
    assert client.orders.ids(created_from=datetime.now(UTC) + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("status", "still_open"),
    [("delivered", False), ("cancelled", False), ("checking", True), ("delivering", True), ("notPaid", True)],
)
def test_an_order_is_open_until_it_is_delivered_or_cancelled(
    client: OvhSmsClient, sandbox: SandboxProcess, status: str, still_open: bool
) -> None:
    order = client.orders.create(500)
    assert order.order_id is not None
    sandbox.settle_order(order.order_id, status)
    assert bool(client.orders.open()) is still_open


def test_orders_of_another_account_do_not_count(make_client: MakeClient, sandbox: SandboxProcess) -> None:
    make_client(account="sms-sb00001-2").orders.create(100)
    assert make_client().orders.open() == []
    assert len(make_client(account="sms-sb00001-2").orders.open()) == 1


@pytest.mark.parametrize(
    ("domains", "counts", "certain"),
    [
        ([], True, False),
        ([None], True, False),
        ([""], True, False),
        (["*001"], True, False),
        (["SMS credits"], True, False),
        (["sms"], True, False),
        (["SMS-SB00001-1"], True, False),
        (["sms-sb00001-2", "sms-sb00001-1"], True, True),
        (["example.org", None], True, False),
        (["sms-sb00001-2"], False, False),
        (["example.org"], False, False),
        (["ns1.example.org", "sms-sb00001-2"], False, False),
    ],
)
def test_an_open_order_counts_unless_every_line_names_something_else(
    client: OvhSmsClient, sandbox: SandboxProcess, domains: list[str | None], counts: bool, certain: bool
) -> None:
    made = client.orders.create(500).order_id
    sandbox.ask("POST", f"/orders/{made}", {"domains": domains})
    found = client.orders.open()
    assert [order.id for order in found] == [made] * counts
    assert all(order.certain is certain for order in found)


def test_an_order_whose_answer_is_lost_is_made_once(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", method="POST", path="/order/sms/*/credits")
    with pytest.raises(OutcomeUnknown):
        client.orders.create(500)
    assert len(sandbox.orders()) == 1
    assert len(client.orders.open()) == 1


def test_prices(client: OvhSmsClient) -> None:
    rate = client.rates.destination("fr")
    assert rate.credits == 1
    packs = client.rates.packs("fr")
    assert packs == sorted(packs, key=lambda pack: pack.minimum)
    assert packs[-1].below is None
    assert all(one.below == two.minimum for one, two in pairwise(packs))
