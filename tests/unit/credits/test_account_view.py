"""The page and the command show the credits of an account as the sandbox has them, to the cent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.credits.check_records import recorded_check
from ovh_sms.credits.topup import TopupRules
from ovh_sms.errors import BudgetExceeded, OutcomeUnknown
from ovh_sms.report.account_lines import credits_line, money_line
from ovh_sms.report.account_view import AccountView, account_view, known_accounts
from ovh_sms.report.credit_needs import CreditNeed, credit_needs
from ovh_sms.report.language import translator
from ovh_sms.report.order_words import payment_words
from support.cli import Command
from support.leaping_time import LeapingTime
from unit.credits.desk import ORDER, TRANSFER, Desk
from unit.credits.test_transfer import spend

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")
ENGLISH = translator("en")
RULES = TopupRules(threshold=500, sizes=(1000,), max_price=500, max_per_month=1500)


def view(desk: Desk, account: str | None = None) -> AccountView:
    return account_view(desk.store, account or desk.account, desk.store.clock.now())


def needs(desk: Desk) -> list[CreditNeed]:
    return credit_needs(view(desk), ENGLISH)


def check(desk: Desk, **changes: Any) -> None:
    recorded_check("shop", replace(RULES, **changes), client=desk.client(), store=desk.store)


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    return Command(capsys)


def test_the_months_money_is_that_of_the_sandbox_with_the_orders_of_persons(desk: Desk) -> None:
    check(desk)
    person = desk.client().orders.create(2000)
    desk.sandbox.settle_order(person.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    check(desk)
    desk.order()
    truth = desk.orders()
    money = view(desk).money
    assert money
    assert money.spent == round(sum(each["price_with_tax"] for each in truth), 2)
    assert money.spent_by_others == truth[0]["price_with_tax"]
    line = money_line(money, ENGLISH)
    assert f"{money.spent:,.2f} EUR with tax, of 1,500.00 EUR at most" in line
    assert f"{truth[0]['price_with_tax']:.2f} EUR of it are orders that persons made" in line


def test_an_order_that_is_cancelled_costs_nothing_in_the_month(desk: Desk) -> None:
    made = desk.order()
    assert (view(desk).money or pytest.fail("no money")).spent > 0
    desk.sandbox.settle_order(made.order_id or 0, "cancelled")
    check(desk)
    assert (view(desk).money or pytest.fail("no money")).spent == 0
    assert needs(desk) == []


def test_an_order_whose_answer_was_lost_counts_with_its_quote(desk: Desk) -> None:
    desk.lost("reset_before", ORDER, lambda: desk.order())
    assert (view(desk).money or pytest.fail("no money")).spent == desk.client().orders.quote(1000).price_with_tax


def test_an_order_whose_answer_was_lost_counts_once_though_a_check_has_listed_it(desk: Desk) -> None:
    desk.lost("lost_answer", ORDER, lambda: desk.order())
    check(desk)
    money = view(desk).money or pytest.fail("no money")
    assert (money.spent, money.spent_by_others) == (desk.orders()[0]["price_with_tax"], 0)


def test_an_unpaid_order_needs_a_person_with_its_price_and_age(desk: Desk) -> None:
    made = desk.order()
    (need,) = needs(desk)
    assert need.order_id == made.order_id
    assert need.title.startswith(
        f"Order {made.order_id}: {desk.orders()[0]['price_with_tax']:.2f} EUR with tax, unpaid"
    )
    assert f"1,000 credits for {desk.account}." in need.lines
    shown = " ".join([need.title, *need.lines])
    assert "password" not in shown
    assert "https" not in shown
    desk.sandbox.settle_order(made.order_id or 0)
    desk.need()
    assert needs(desk) == []


def test_a_refused_payment_is_said_beside_its_order(desk: Desk) -> None:
    made = desk.order()
    method = desk.sandbox.payment_method(pays="refused")
    try:
        desk.pay(made.order_id or 0)
    finally:
        desk.sandbox.ask("DELETE", f"/payment_methods/{method}")
    (need,) = needs(desk)
    assert "OVH refused the default payment method." in need.lines
    assert need.state == "blocked"


def test_a_payment_without_a_method_is_said_beside_its_order(desk: Desk) -> None:
    desk.pay(desk.order().order_id or 0)
    (need,) = needs(desk)
    assert "OVH has no default payment method for it." in need.lines


def test_an_open_order_of_a_person_is_shown_by_the_check_that_found_it(desk: Desk) -> None:
    person = desk.client().orders.create(1000)
    check(desk)
    (need,) = needs(desk)
    assert need.title == f"Order {person.order_id}: {person.price_with_tax:.2f} EUR with tax, unpaid, made at OVH"
    desk.sandbox.settle_order(person.order_id or 0)
    check(desk)
    assert needs(desk) == []


def test_an_order_that_is_paid_next_asks_no_person_to_pay_it(desk: Desk, leaping: LeapingTime) -> None:
    made = desk.order(will_be_paid=True)
    (need,) = needs(desk)
    assert need.lines[-1] == "It is paid next with the default payment method."
    (order,) = view(desk).orders
    assert payment_words(order, ENGLISH) == "default payment method"
    desk.pay(made.order_id or 0)  # there is none
    (need,) = needs(desk)
    assert need.lines[-1].startswith("A person must pay it")
    assert desk.order(run="run_2").order_id == made.order_id


def test_an_order_that_no_run_has_paid_for_a_day_is_a_persons_to_pay(desk: Desk, leaping: LeapingTime) -> None:
    desk.order(will_be_paid=True)
    leaping.sleep(86_401)
    (need,) = needs(desk)
    assert need.lines[-1].startswith("A person must pay it")


def test_a_lost_order_that_another_run_finds_is_a_persons_to_pay(desk: Desk) -> None:
    desk.lost("lost_answer", ORDER, lambda: desk.order(will_be_paid=True))
    desk.order(run="run_2", will_be_paid=True)
    (need,) = needs(desk)
    assert need.lines[-1].startswith("A person must pay it")


def test_an_order_that_waits_for_documents_says_so(desk: Desk) -> None:
    made = desk.order()
    desk.sandbox.settle_order(made.order_id or 0, "documentsRequested")
    check(desk)
    (need,) = needs(desk)
    assert "OVH asks for documents" in need.title
    assert need.lines[-1].endswith("Send them in OVH's manager, or cancel the order there.")


def test_a_cap_that_is_reached_is_said_with_its_figures_until_a_later_check_passes(desk: Desk) -> None:
    with pytest.raises(BudgetExceeded) as refused:
        check(desk, max_price=1)
    (need,) = needs(desk)
    assert need.title == f"No credits are ordered for {desk.account}"
    assert " ".join(need.lines).startswith(str(refused.value))
    check(desk)
    assert needs(desk) == []


def test_an_unknown_outcome_is_shown_with_the_commands_that_resolve_it(desk: Desk) -> None:
    need = desk.need()
    desk.lost("reset_before", TRANSFER, lambda: desk.transfer(need=need, credits=100))
    desk.sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=3000)
    spend(desk, desk.central, 100)
    with pytest.raises(OutcomeUnknown):
        desk.transfer(need=need, credits=100)
    (attempt,) = [each for each in desk.attempts() if each["state"] == "unknown"]
    (shown,) = needs(desk)
    assert shown.title.startswith(f"It is not known whether credits were transferred to {desk.account}, since ")
    assert shown.commands[0] == f"ovh-sms resolve {attempt['tag']} {attempt['question']['code']} sent"
    desk.resolve("sent")
    (shown,) = needs(desk)
    assert shown.commands == ()
    assert shown.lines == ("a person resolved it; clear the task to go on.",)


def test_a_write_whose_process_was_lost_is_shown_once_it_is_under_way_no_more(desk: Desk) -> None:
    desk.lost("reset_before", TRANSFER, desk.transfer)
    assert needs(desk) == []
    SystemClock().sleep(46 * 60)
    (shown,) = needs(desk)
    assert shown.title.startswith(f"It is not known whether credits were transferred to {desk.account}, since ")
    assert shown.commands == ()
    assert shown.lines == ("Clear the task in Airflow: it searches for it at OVH, and makes nothing twice.",)
    desk.transfer()
    assert needs(desk) == []


def test_a_transfer_has_the_credits_of_both_accounts_before_and_after(desk: Desk) -> None:
    made = desk.transfer()
    (shown,) = view(desk).transfers
    assert (shown.source_before, shown.source_after) == (10_000, 10_000 - made.credits)
    assert (shown.target_before, shown.target_after) == (50, 50 + made.credits)
    assert view(desk, desk.central).transfers == [shown]
    assert (desk.left(), desk.left(desk.central)) == (shown.target_after, shown.source_after)


def test_the_credits_after_a_transfer_are_those_of_the_page(desk: Desk) -> None:
    check(desk)
    desk.transfer()
    for account in (desk.account, desk.central):
        shown = view(desk, account).credits
        assert shown
        assert shown.credits == desk.left(account)
    assert view(desk).enough == 500, "the level of the check stays"


def test_ovhs_recredit_stays_known_after_a_check(desk: Desk) -> None:
    desk.store.credit_checks.set_recredit(desk.account, "shop", {"threshold": 100, "quantity": 500})
    check(desk)
    found = desk.store.credit_checks.of(desk.account)
    assert found
    assert (found.recredit, found.decision) == ({"threshold": 100, "quantity": 500}, "order")
    desk.store.credit_checks.set_recredit(desk.account, "shop", None)
    assert (desk.store.credit_checks.of(desk.account) or pytest.fail("gone")).recredit is None


def test_the_command_says_what_the_page_says(desk: Desk, ovh_sms: Command) -> None:
    check(desk)
    made = desk.order()
    price = desk.orders()[0]["price_with_tax"]
    assert known_accounts(desk.store) == [desk.account]
    ended = ovh_sms("credits", desk.account)
    assert ended.code == 0, ended.err
    said = " ".join(ended.out.split())
    assert credits_line(view(desk), ENGLISH) in said
    assert f"Order {made.order_id}: {price:.2f} EUR with tax, unpaid for" in said
    assert f"{price:.2f} EUR with tax, of 1,500.00 EUR at most" in said
    assert "No forecast: no whole day of spending is known on this account." in said
    (values,) = json.loads(ovh_sms("credits", "shop", "--json").out)["accounts"]
    assert (values["credits"], values["month"]["spent"], values["month"]["cap"]) == (50, price, 1500)
    assert [each["order_id"] for each in values["open_orders"]] == [made.order_id]
    written = ended.out + json.dumps(values)
    (order,) = desk.store.orders.of_account(desk.account)
    assert order.url
    assert order.url not in written
    assert "Commande" in ovh_sms("credits", "--language", "fr").out
    wrong = ovh_sms("credits", "nobody")
    assert wrong.code == 2
    assert "no account nobody" in wrong.err
