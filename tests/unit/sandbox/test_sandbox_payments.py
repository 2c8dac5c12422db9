"""Orders that are paid, refused, delivered, or never paid at all."""

from __future__ import annotations

from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, Signed

CREDITS = f"/order{ACCOUNT}/credits"
PAY = "/me/order/*/pay"


@pytest.fixture(autouse=True)
def _standing_clock(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


def order(api: Signed, quantity: int = 1000) -> int:
    number: int = api.post(CREDITS, {"quantity": quantity}).json["orderId"]
    return number


def pay(api: Signed, number: int, method: int) -> Any:
    return api.post(f"/me/order/{number}/pay", {"paymentMethod": {"id": method}})


def status(api: Signed, number: int) -> Any:
    return api.get(f"/me/order/{number}/status").json


def truth(sandbox: SandboxProcess) -> dict[str, Any]:
    made: dict[str, Any] = sandbox.truth()["orders"]
    return made


def paid(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    (only,) = truth(sandbox)["by_account"]["sms-sb00001-1"]
    payments: list[dict[str, Any]] = only["payments"]
    return payments


def test_a_customer_without_a_payment_method_cannot_pay(api: Signed, sandbox: SandboxProcess) -> None:
    number = order(api)
    assert api.get("/me/payment/method", default="true").json == []
    assert api.get(f"/me/order/{number}/paymentMethods").json["registered"] == []
    answer = pay(api, number, 1)
    assert (answer.status, answer.json["message"]) == (403, "This order can't be paid with 'bankAccount'")
    assert status(api, number) == "notPaid"
    assert [(each["accepted"], each["second"]) for each in paid(sandbox)] == [(False, False)]


def test_a_paid_order_is_checked_then_delivered_after_some_simulated_time(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(delivery_seconds=100)
    method, number = sandbox.payment_method(), order(api)
    assert api.get("/me/payment/method", default="true").json == [method]
    shown = api.get(f"/me/payment/method/{method}").json
    assert (shown["paymentType"], shown["status"], shown["default"]) == ("SEPA_DIRECT_DEBIT", "VALID", True)
    assert api.get(f"/me/order/{number}/paymentMethods").json["registered"] == [method]
    answer = pay(api, number, method)
    assert (answer.status, answer.content) == (200, b"null")
    seen = [status(api, number)]
    for seconds in (49, 2, 47):
        sandbox.clock(advance=seconds)
        seen.append(status(api, number))
    assert seen == ["checking", "checking", "delivering", "delivering"]
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    sandbox.clock(advance=3)
    assert status(api, number) == "delivered"
    assert api.get(ACCOUNT).json["creditsLeft"] == 101_000
    (only,) = paid(sandbox)
    assert (only["payer"], only["method"], only["accepted"]) == ("api", method, True)


def test_credits_arrive_even_if_nobody_asks_for_the_status(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.pay_order(order(api))
    sandbox.clock(advance=86_400)
    assert api.get(ACCOUNT).json["creditsLeft"] == 101_000


@pytest.mark.parametrize("answers", ["refused", "accepted"])
def test_a_second_payment_is_counted_if_refused_and_if_accepted(
    api: Signed, sandbox: SandboxProcess, answers: str
) -> None:
    sandbox.features(second_payment=answers)
    method, number = sandbox.payment_method(), order(api)
    assert pay(api, number, method).status == 200
    assert truth(sandbox)["double_payments"] == 0
    assert pay(api, number, method).status == (403 if answers == "refused" else 200)
    assert truth(sandbox)["double_payments"] == 1
    sandbox.clock(advance=86_400)
    pay(api, number, method)  # a delivered order is paid, too
    assert truth(sandbox)["double_payments"] == 2
    assert api.get(ACCOUNT).json["creditsLeft"] == 101_000


def test_paying_what_a_person_has_paid_is_a_second_payment(api: Signed, sandbox: SandboxProcess) -> None:
    method, by_form, by_hand = sandbox.payment_method(), order(api), order(api)
    sandbox.pay_order(by_form)
    sandbox.settle_order(by_hand, "checking")
    for count, number in enumerate((by_form, by_hand), start=1):
        assert pay(api, number, method).status == 403
        assert truth(sandbox)["double_payments"] == count


@pytest.mark.parametrize(
    ("about", "named"),
    [
        ({"pays": "refused"}, "bankAccount"),
        ({"status": "EXPIRED"}, "bankAccount"),
        ({"listed": False, "payment_type": "PAYPAL"}, "paypal"),
        ({"pays": "refused", "payment_type": "CREDIT_CARD"}, "creditCard"),
    ],
)
def test_a_refused_payment_changes_nothing(
    api: Signed, sandbox: SandboxProcess, about: dict[str, Any], named: str
) -> None:
    method, number = sandbox.payment_method(**about), order(api)
    answer = pay(api, number, method)
    assert (answer.status, answer.json["message"]) == (403, f"This order can't be paid with '{named}'")
    assert status(api, number) == "notPaid"
    usable = about == {"pays": "refused"} or "CREDIT_CARD" in about.values()
    assert api.get(f"/me/order/{number}/paymentMethods").json["registered"] == [method] * usable
    sandbox.change_payment_method(method, pays="accepted", status="VALID", listed=True)
    assert pay(api, number, method).status == 200
    assert truth(sandbox)["double_payments"] == 0


def test_a_payment_that_the_bank_returns_leaves_the_order_to_be_paid_again(
    api: Signed, sandbox: SandboxProcess
) -> None:
    method, number = sandbox.payment_method(pays="returned"), order(api)
    assert pay(api, number, method).status == 200
    assert status(api, number) == "checking"
    sandbox.clock(advance=61)
    assert status(api, number) == "notPaid"
    assert [each["returned"] for each in paid(sandbox)] == [True]
    sandbox.pay_order(number)
    sandbox.clock(advance=61)
    assert status(api, number) == "delivered"
    assert truth(sandbox)["double_payments"] == 0


def test_an_order_that_nobody_pays_is_cancelled_when_it_expires(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(order_days=3)
    method, unpaid, bought = sandbox.payment_method(), order(api), order(api)
    assert api.get(f"/me/order/{unpaid}").json["expirationDate"] == "2026-03-06T10:00:00+01:00"
    assert pay(api, bought, method).status == 200
    sandbox.clock(advance=3 * 86_400 - 60)
    assert status(api, unpaid) == "notPaid"
    sandbox.clock(advance=120)
    assert (status(api, unpaid), status(api, bought)) == ("cancelled", "delivered")
    answer = pay(api, unpaid, method)
    assert (answer.status, truth(sandbox)["double_payments"]) == (403, 0)
    early = order(api)
    sandbox.expire_order(early)
    assert status(api, early) == "cancelled"


def test_documents_that_ovh_asks_for_hold_an_order_up(api: Signed, sandbox: SandboxProcess) -> None:
    method, number = sandbox.payment_method(), order(api)
    pay(api, number, method)
    sandbox.settle_order(number, "documentsRequested")
    sandbox.clock(advance=86_400)
    assert status(api, number) == "documentsRequested"
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    sandbox.settle_order(number)
    assert api.get(ACCOUNT).json["creditsLeft"] == 101_000


def test_a_lost_answer_and_a_hidden_payment_are_payments(api: Signed, sandbox: SandboxProcess) -> None:
    method, lost, hidden = sandbox.payment_method(), order(api), order(api)
    sandbox.fault("lost_answer", method="POST", path=PAY)
    with pytest.raises(ConnectionResetError):
        pay(api, lost, method)
    assert status(api, lost) == "checking"
    sandbox.fault("late_listing", seconds=2, answer="lost", path=PAY)
    with pytest.raises(ConnectionResetError):
        pay(api, hidden, method)
    assert status(api, hidden) == "notPaid"
    sandbox.wait_until(lambda: status(api, hidden) == "checking")
    assert truth(sandbox)["double_payments"] == 0
    sandbox.fault("repeat", method="POST", path=PAY)
    pay(api, order(api), method)
    assert truth(sandbox)["double_payments"] == 1


def test_an_order_may_be_listed_late_by_a_fault(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", seconds=2, path="/order/sms/*/credits")
    number = order(api)
    assert api.get("/me/order").json == []
    assert api.get(f"/me/order/{number}/status").status == 404
    sandbox.wait_until(lambda: api.get("/me/order").json == [number])


def test_a_discount_is_in_packs_quotes_and_orders(api: Signed, sandbox: SandboxProcess) -> None:
    assert {pack["discountPercentage"] for pack in api.get("/sms/rates/packs", country="fr").json} == {None}
    sandbox.features(discount_percent=15)
    pack = api.get("/sms/rates/packs", country="fr").json[2]
    assert (pack["creditPrice"]["value"], pack["discountCreditPrice"]["value"]) == (0.065, 0.05525)
    made = api.post(CREDITS, {"quantity": 1000}).json
    prices = {name: price["value"] for name, price in made["prices"].items()}
    assert prices == {"originalWithoutTax": 65, "reduction": 9.75, "withoutTax": 55.25, "tax": 11.05, "withTax": 66.3}
    (line,) = made["details"]
    assert [each["price"]["value"] for each in line["reductions"]] == [9.75]
    assert len(made["contracts"]) == 2
    sandbox.features(discount_percent=0)
    assert api.get(f"/me/order/{made['orderId']}").json["priceWithTax"]["value"] == 66.3  # as it was ordered
    assert api.get(CREDITS, quantity=1000).json["prices"]["withTax"]["value"] == 78


def test_money_is_in_whole_cents(api: Signed) -> None:
    for quantity in (101, 137, 333, 4999, 99_999):
        prices = {name: price["value"] for name, price in api.get(CREDITS, quantity=quantity).json["prices"].items()}
        assert all(round(value, 2) == value for value in prices.values())
        assert prices["withTax"] == pytest.approx(prices["withoutTax"] + prices["tax"])


def test_payments_and_what_follows_survive_a_crash(sandbox: SandboxProcess, tmp_path: Any) -> None:
    with SandboxProcess(tmp_path, speed=0) as own:
        signed = Signed(own)
        number = order(signed)
        assert pay(signed, number, own.payment_method()).status == 200
        own.kill()
        own.start()
        own.clock(advance=61)
        assert status(Signed(own), number) == "delivered"
        assert truth(own)["double_payments"] == 0
