"""A month of usage with several payers, two orders, and a difference to OVH's balance; no OVH is asked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from ovh_sms.accounts.usage_check import Check
from ovh_sms.accounts.usage_computation import ComputedMonth
from ovh_sms.accounts.usage_costs import Layer
from ovh_sms.accounts.usage_counts import Group
from ovh_sms.accounts.usage_lines import MonthInput, usage_of
from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules
from ovh_sms.store.usage import UsageMonthRecord

ACCOUNT = "sms-ab12345-1"
CLOSED = datetime(2026, 11, 4, 5, tzinfo=UTC)
_UNIT = CREDIT_UNITS
#: Day, user, tag, sender, destination, segments, messages, and those that OVH refunded.
_SENT = (
    ("2026-10-02", "", "spring1", "MYSHOP", "33", 1, 12_400, 31),
    ("2026-10-02", "", "spring1", "MYSHOP", "32", 1, 310, 0),
    ("2026-10-14", "", "autumn", "MYSHOP", "33", 2, 8_050, 12),
    ("2026-10-20", "helpdesk", "tickets", "SUPPORT", "33", 1, 940, 2),
    ("2026-10-21", "helpdesk", "", "SUPPORT", "1 CA", 1, 12, 0),
    ("2026-10-30", "warehouse", "parcels", "MYSHOP", "33", 1, 3_321, 7),
)


def usage_month(*, not_explained: float = 35.0, closed: bool = True, has_changed: bool = False) -> ComputedMonth:
    """Make the month of October 2026."""
    messages, refunded = Counter[Group](), Counter[Group]()
    for day, user, tag, sender, destination, segments, count, back in _SENT:
        group = Group(day, 0, user, tag, sender, destination, segments)
        messages[group], refunded[group] = count, back
    sent = 12_400 + 310 * 1.9 + 2 * 8_050 + 940 + 12 * 1.9 + 3_321
    back = 31 + 2 * 12 + 2 + 7
    check = Check(
        since=CLOSED - timedelta(days=31),
        until=CLOSED,
        before=20_000 * _UNIT,
        after=round((45_000 - sent + back - not_explained) * _UNIT),
        arrived=25_000 * _UNIT,
        transferred=0,
        sent=round(sent * _UNIT),
        refunded=back * _UNIT,
        replies=0,
    )
    rules = UsageRules.model_validate(
        {
            "payers": [
                {"payer": "Marketing", "campaigns": ["spring", "autumn"]},
                {"payer": "Support", "users": ["helpdesk"]},
            ]
        }
    )
    opening = Layer(source="order 230000001", credits=20_000 * _UNIT, without_tax=114_000, tax=22_800, currency="EUR")
    arrival = Layer(source="order 230000007", credits=25_000 * _UNIT, without_tax=137_500, tax=27_500, currency="EUR")
    given = MonthInput(
        account=ACCOUNT,
        month=UsageMonth.read("2026-10"),
        messages=messages,
        refunded=refunded,
        rates={"33": 1.0, "32": 1.9, "1 CA": 1.9},
        campaigns={"spring1": "spring", "autumn": "autumn"},
        opening=[opening],
        arrivals=[arrival],
        check=check,
    )
    return _computed(given, rules, closed=closed, has_changed=has_changed)


def _computed(given: MonthInput, rules: UsageRules, *, closed: bool, has_changed: bool) -> ComputedMonth:
    usage, check = usage_of(given, rules), given.check
    lines = usage.lines
    difference = {"messages": 3, "segments": 3, "credits": 3.0, "lines": 1} if has_changed else None
    record = UsageMonthRecord(
        account=ACCOUNT,
        month="2026-10",
        computed_at=CLOSED,
        closed_at=CLOSED if closed else None,
        messages=sum(each.messages for each in lines),
        segments=sum(each.segments for each in lines),
        credits=sum(each.credits for each in lines),
        cost_without_tax=sum(each.cost_without_tax for each in lines),
        tax=sum(each.tax for each in lines),
        currency=usage.currency,
        not_explained=check and check.not_explained,
        has_changed=has_changed,
        basis={
            "rules": rules.model_dump(mode="json"),
            "opening": [each.to_json() for each in given.opening],
            "arrivals": [each.to_json() for each in given.arrivals],
            "closing": [each.to_json() for each in usage.closing],
            "by_source": dict(usage.by_source),
            "check": check and check.to_json(),
            "tags": [],
            "difference": difference,
        },
    )
    return ComputedMonth(record=record, lines=lines)
