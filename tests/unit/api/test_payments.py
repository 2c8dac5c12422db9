from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.rights import needed_rules
from ovh_sms.errors import ConfigurationError, DeadlineMissed, MissingRight, NotFound, OutcomeUnknown, RequestRefused
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from unit.api.samples import ACCOUNT, MakeClient

OTHER = "sms-sb00001-2"


def order(client: OvhSmsClient) -> int:
    return client.orders.create(500).order_id or 0


def doubles(sandbox: SandboxProcess) -> int:
    count: int = sandbox.truth()["orders"]["double_payments"]
    return count


def test_a_customer_may_have_no_payment_method(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert client.payments.default_method() is None
    sandbox.payment_method(is_default=False)
    assert client.payments.default_method() is None


def test_an_order_is_paid_with_the_default_method(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    number = sandbox.payment_method(payment_type="CREDIT_CARD")
    method, bought = client.payments.default_method(), order(client)
    assert method is not None
    assert (method.id, method.kind, method.is_valid, method.is_default) == (number, "CREDIT_CARD", True, True)
    assert client.payments.methods_of_order(bought) == [number]
    client.payments.pay(bought, method.id)
    assert client.orders.status(bought) == "checking"
    sandbox.clock(advance=61)
    assert client.orders.status(bought) == "delivered"
    assert client.account.get().credits_left == 100_500


def test_a_method_that_is_not_valid_says_so(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.payment_method(status="EXPIRED")
    method = client.payments.default_method()
    assert method is not None
    assert not method.is_valid
    assert client.payments.methods_of_order(order(client)) == []


def test_a_refused_payment_is_reported_in_ovhs_words(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    method, bought = sandbox.payment_method(pays="refused"), order(client)
    with pytest.raises(RequestRefused, match="can't be paid with 'bankAccount'") as refused:
        client.payments.pay(bought, method)
    assert refused.value.status == 403
    assert client.orders.status(bought) == "not paid"
    with pytest.raises(NotFound):
        client.payments.methods_of_order(1)


def test_a_payment_whose_answer_is_lost_is_made_once(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    method, bought = sandbox.payment_method(), order(client)
    sandbox.fault("lost_answer", method="POST", path="/me/order/*/pay")
    with pytest.raises(OutcomeUnknown):
        client.payments.pay(bought, method)
    assert sandbox.calls("POST /me/order/{orderId}/pay") == 1
    assert client.orders.status(bought) == "checking"
    assert doubles(sandbox) == 0


def test_a_payment_and_a_transfer_after_their_deadline_are_not_made(
    client: OvhSmsClient, sandbox: SandboxProcess, clock: FakeClock
) -> None:
    method, bought = sandbox.payment_method(), order(client)
    late = clock.monotonic() - 1
    with pytest.raises(DeadlineMissed):
        client.payments.pay(bought, method, not_after=late)
    with pytest.raises(DeadlineMissed):
        client.transfers.create(10, OTHER, not_after=late)
    assert client.orders.status(bought) == "not paid"
    assert sandbox.truth()["transfers"] == []


def test_an_order_says_when_it_expires_and_hides_its_password(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    quote, made = client.orders.quote(500), client.orders.create(500)
    form, (still_open,) = client.orders.form(made.order_id or 0), client.orders.open()
    assert form.date is not None
    assert form.expires == still_open.expires == form.date + timedelta(days=15)
    money = (quote.price_with_tax, quote.price_without_tax, quote.currency)
    assert money == (form.price_with_tax, form.price_without_tax, form.currency) == (42.0, 35.0, "EUR")
    assert money == (still_open.price_with_tax, still_open.price_without_tax, still_open.currency)
    assert [contract.name for contract in quote.contracts] == [contract.name for contract in made.contracts]
    assert "Password" in form.url
    assert not [each for each in (form, made, still_open) if "assword" in repr(each)]


def test_a_discount_is_read_with_prices_and_packs(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert [pack.price_now for pack in client.rates.packs()] == [pack.credit_price for pack in client.rates.packs()]
    sandbox.features(discount_percent=20)
    pack = client.rates.packs()[2]
    assert (pack.credit_price, pack.discount_percent, pack.price_now) == (0.065, 20, 0.052)
    quote = client.orders.quote(1000)
    assert (quote.reduction, quote.price_without_tax, quote.price_with_tax) == (13.0, 52.0, 62.4)


def test_credits_are_transferred_once(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.transfers.create(120.5, OTHER)
    assert client.account.get().credits_left == 99_879.5
    sandbox.fault("lost_answer", method="POST", path="/sms/*/transferCredits")
    with pytest.raises(OutcomeUnknown):
        client.transfers.create(10, OTHER)
    assert [each["credits"] for each in sandbox.truth()["transfers"]] == [120.5, 10]
    with pytest.raises(RequestRefused, match="Not enough credits"):
        client.transfers.create(1_000_000, OTHER)
    with pytest.raises(RequestRefused, match="does not exist"):
        client.transfers.create(1, "sms-nobody-1")


def test_recredit_is_set_and_switched_off(client: OvhSmsClient) -> None:
    assert not client.account.get().is_recredited
    client.account.set_recredit(100, 500)
    account = client.account.get()
    assert (account.is_recredited, account.recredit_threshold, account.recredit_amount) == (True, 100, 500)
    with pytest.raises(ConfigurationError, match="300"):
        client.account.set_recredit(100, 300)
    assert client.account.get() == account
    client.account.set_recredit(100, None)
    account = client.account.get()
    assert (account.is_recredited, account.recredit_threshold) == (False, 0)


def test_the_listed_rights_are_enough_and_necessary(
    make_client: MakeClient, keys: Credentials, sandbox: SandboxProcess
) -> None:
    def with_rights(*tasks: str) -> OvhSmsClient:
        rules = [(method, path) for method, path in (rule.split(" ", 1) for rule in needed_rules(tasks, ACCOUNT))]
        return make_client(credentials=replace(keys, consumer_key=sandbox.key(rules)))

    sandbox.payment_method()
    payer, mover, setter = (with_rights(each) for each in ("payment", "transfer", "recredit"))
    method, bought = payer.payments.default_method(), order(payer)
    assert method is not None
    assert payer.payments.methods_of_order(bought) == [method.id]
    payer.payments.pay(bought, method.id)
    mover.transfers.create(mover.account.get().credits_left, OTHER)
    setter.account.set_recredit(setter.account.get().credits_left, 100)
    with pytest.raises(MissingRight, match=r"POST /me/order/\*/pay"):
        with_rights("topup").payments.pay(bought, method.id)
    with pytest.raises(MissingRight, match="transferCredits"):
        payer.transfers.create(1, OTHER)
    with pytest.raises(MissingRight, match="PUT"):
        mover.account.set_recredit(1, 100)
    assert doubles(sandbox) == 0
