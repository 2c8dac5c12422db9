"""Credits: quoted, ordered, paid for elsewhere."""

from __future__ import annotations

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, Signed

CREDITS = f"/order{ACCOUNT}/credits"


def test_a_quote_orders_nothing(api: Signed, sandbox: SandboxProcess) -> None:
    quote = api.get(CREDITS, quantity=1000).json
    assert (quote["orderId"], quote["url"]) == (None, None)
    prices = quote["prices"]
    assert prices["withTax"]["value"] == pytest.approx(prices["withoutTax"]["value"] * 1.2)
    assert prices["withTax"]["value"] == pytest.approx(78.0)
    assert prices["withTax"]["currencyCode"] == "EUR"
    assert api.get("/me/order").json == []
    assert sandbox.orders() == []


def test_many_credits_are_cheaper(api: Signed) -> None:
    few, many = (api.get(CREDITS, quantity=quantity).json for quantity in (100, 100_000))
    assert many["details"][0]["unitPrice"]["value"] < few["details"][0]["unitPrice"]["value"]


def test_every_post_makes_one_more_order(api: Signed, sandbox: SandboxProcess) -> None:
    first, second = (api.post(CREDITS, {"quantity": 1000}).json for _ in range(2))
    assert first["url"] != second["url"]
    assert api.get("/me/order").json == [first["orderId"], second["orderId"]]
    assert len(sandbox.orders()) == 2
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000


def test_an_order_shows_its_account_and_status(api: Signed, sandbox: SandboxProcess) -> None:
    order = api.post(CREDITS, {"quantity": 1000}).json
    path = f"/me/order/{order['orderId']}"
    assert api.get(f"{path}/status").content == b'"notPaid"'
    bill = api.get(path).json
    assert (bill["url"], bill["priceWithTax"]) == (order["url"], order["prices"]["withTax"])
    (line,) = api.get(f"{path}/details").json
    assert api.get(f"{path}/details/{line}").json["domain"] == "sms-sb00001-1"
    assert api.get(f"{path}/details/{line + 1}").status == 404
    assert api.post(f"{path}/pay", {"paymentMethod": {"id": 1}}).status == 403
    assert api.get(f"{path}/paymentMethods").json["registered"] == []
    sandbox.settle_order(order["orderId"], "checking")
    assert api.get(f"{path}/status").json == "checking"
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    sandbox.settle_order(order["orderId"])
    sandbox.settle_order(order["orderId"])
    assert api.get(f"{path}/status").json == "delivered"
    assert api.get(ACCOUNT).json["creditsLeft"] == 101_000


def test_orders_by_date(api: Signed, sandbox: SandboxProcess) -> None:
    early = api.post(CREDITS, {"quantity": 100}).json["orderId"]
    sandbox.clock(advance=86_400)
    late = api.post(CREDITS, {"quantity": 100}).json["orderId"]
    assert api.get("/me/order", date__from="2026-03-04T00:00:00+01:00").json == [late]
    assert api.get("/me/order", date__to="2026-03-04T00:00:00+01:00").json == [early]
    assert api.get("/me/order", date__from="nonsense").status == 400


@pytest.mark.parametrize("quantity", [0, 99, 1_000_001, -5])
def test_quantities_that_are_not_sold(api: Signed, quantity: int) -> None:
    assert api.get(CREDITS, quantity=quantity).status == 400
    assert api.post(CREDITS, {"quantity": quantity}).status == 400
    assert api.get("/me/order").json == []


def test_what_can_be_ordered(api: Signed, sandbox: SandboxProcess) -> None:
    assert api.get(f"/order{ACCOUNT}").json == ["credits"]
    assert api.get("/order/sms").json == ["sms-sb00001-1", "sms-sb00001-2"]
    sandbox.account(expired=True)
    assert api.get("/order/sms").json == ["sms-sb00001-2"]
    assert api.get("/me/order/1").status == 404
