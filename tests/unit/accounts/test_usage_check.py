"""The balance of an account is compared with its orders and messages; a difference stays one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from ovh_sms.accounts.usage_check import Between, Check, Reading, edges_of, refunds_between
from ovh_sms.accounts.usage_costs import Layer
from ovh_sms.accounts.usage_counts import Group
from ovh_sms.accounts.usage_lines import MonthInput, usage_of
from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules

START = datetime(2026, 10, 4, 4, tzinfo=UTC)
END = START + timedelta(days=31)


def reading(at: datetime, left: float, refunded: float = 0) -> Reading:
    return Reading(at=at, credits=round(left * CREDIT_UNITS), refunded=round(refunded * CREDIT_UNITS))


def group(interval: int, day: str = "2026-10-10") -> Group:
    return Group(day, interval, "", "t", "SHOP", "33", 1)


def test_refunds_of_messages_before_a_reading_count_once() -> None:
    before, after = reading(START, 100, refunded=2), reading(END, 50, refunded=3)
    edges = edges_of([before, after])
    assert len(edges) == 4
    # Of the four days before the first reading, five are back by now: two of them were so at the reading.
    refunded = Counter({group(1): 5, group(2): 7, group(3): 4, group(4): 9})
    between = Between(edges, dict.fromkeys(refunded, CREDIT_UNITS))
    assert between.sum(refunded, *before.edges()) == 5 * CREDIT_UNITS
    # Later than the second reading one more of its last four days came back: it is the next month's.
    assert refunds_between(before, after, between, refunded) == (5 + 7 + 3 - 2) * CREDIT_UNITS


def check(not_explained: float) -> Check:
    units = CREDIT_UNITS
    after = round((100 - 10 - not_explained) * units)
    about = {"since": START, "until": END, "before": 100 * units, "after": after, "arrived": 0}
    return Check(**about, transferred=0, sent=10 * units, refunded=0, replies=0)


def given(found: Check | None) -> MonthInput:
    layer = Layer(source="order 1", credits=100 * CREDIT_UNITS, without_tax=700, tax=140, currency="EUR")
    return MonthInput(
        account="sms-sb00001-1",
        month=UsageMonth.read("2026-10"),
        messages={group(0): 10},
        refunded={},
        rates={"33": 1.0},
        campaigns={"t": "spring"},
        opening=[layer],
        check=found,
    )


def test_a_difference_to_the_balance_is_a_line_of_its_own_with_its_cost() -> None:
    usage = usage_of(given(check(5)), UsageRules())
    sent, rest = usage.lines
    assert (sent.kind, sent.campaign, sent.payer, sent.credits, sent.cost_without_tax) == (
        *("sent", "spring", "sms-sb00001-1"),
        *(10 * CREDIT_UNITS, 70),
    )
    assert (rest.kind, rest.payer, rest.credits, rest.cost_without_tax) == ("not explained", "", 5 * CREDIT_UNITS, 35)
    assert sum(each.left for each in usage.closing) == 85 * CREDIT_UNITS


def test_credits_too_many_are_a_negative_line_and_cost_nothing_later() -> None:
    usage = usage_of(given(check(-5)), UsageRules())
    assert [each.credits for each in usage.lines] == [10 * CREDIT_UNITS, -5 * CREDIT_UNITS]
    assert [each.cost_without_tax for each in usage.lines] == [70, 0]
    assert [(each.left, each.without_tax) for each in usage.closing] == [
        (90 * CREDIT_UNITS, 700),
        (5 * CREDIT_UNITS, 0),
    ]


def test_without_a_difference_there_is_no_such_line() -> None:
    for found in (check(0), None):
        assert [each.kind for each in usage_of(given(found), UsageRules()).lines] == ["sent"]


def test_the_payer_is_named_by_the_first_rule_then_the_user_then_the_account() -> None:
    rules = UsageRules.model_validate(
        {"payers": [{"payer": "Shop", "campaigns": ["spring"]}, {"payer": "Other", "tags": ["t"], "users": ["anna"]}]}
    )
    assert rules.payer_of("acc", "anna", "spring", "t") == "Shop"
    assert rules.payer_of("acc", "", "", "t") == "Other"
    assert rules.payer_of("acc", "anna", "", "") == "Other"
    assert rules.payer_of("acc", "bert", "autumn", "u") == "bert"
    assert rules.payer_of("acc", "", "autumn", "u") == "acc"


def test_with_a_tariff_each_credit_costs_the_same() -> None:
    rules = UsageRules.model_validate({"tariff": {"credit": "0.10", "tax_percent": 10, "currency": "CHF"}})
    usage = usage_of(given(check(5)), rules)
    assert [(each.cost_without_tax, each.tax) for each in usage.lines] == [(100, 10), (50, 5)]
    assert usage.currency == "CHF"
    assert sum(each.left for each in usage.closing) == 85 * CREDIT_UNITS, "the orders are spent all the same"
