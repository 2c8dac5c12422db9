"""The lines of a month's usage: who has sent what, and what it cost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ovh_sms.accounts.usage_check import Check
from ovh_sms.accounts.usage_costs import Costs, Layer, Line, cost_by_orders, cost_by_tariff
from ovh_sms.accounts.usage_counts import Group
from ovh_sms.accounts.usage_month import UsageMonth, local_text
from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules
from ovh_sms.messaging.destinations import country_of
from ovh_sms.store.usage import NOT_EXPLAINED, NUMBER_CHECK, REPLY, SENT, CheckCredits, ReplyCredits, UsageLine

#: Credits of a segment to a country without a rate.
RATE_OF_FRANCE = 1.0
_TRANSFERRED: Line = ("transferred", "", "", "", "", "")


@dataclass(frozen=True, kw_only=True)
class MonthInput:
    """The messages and credits of a month, without their cost.

    :param messages: by group; ``refunded`` are those of them whose credits came back.
    :param rates: credits of a segment by destination.
    :param campaigns: by tag.
    :param opening: layers at its start, the oldest first; ``arrivals`` came within it.
    :param transferred: credits that left for other accounts, by day.
    :param check: of the balance; ``None`` if it could not be compared.
    """

    account: str
    month: UsageMonth
    messages: Mapping[Group, int]
    refunded: Mapping[Group, int]
    rates: Mapping[str, float]
    campaigns: Mapping[str, str]
    replies: Sequence[ReplyCredits] = ()
    number_checks: Sequence[CheckCredits] = ()
    opening: Sequence[Layer] = ()
    arrivals: Sequence[Layer] = ()
    transferred: Mapping[str, int] = field(default_factory=dict)
    check: Check | None = None


@dataclass(frozen=True)
class MonthUsage:
    """The lines of a month, and the layers that it leaves to the next one."""

    lines: tuple[UsageLine, ...]
    closing: tuple[Layer, ...]
    by_source: Mapping[str, int]
    currency: str


@dataclass
class _Amounts:
    messages: int = 0
    segments: int = 0
    taken: int = 0
    refunded: int = 0


def credits_by_group(messages: Mapping[Group, int], rates: Mapping[str, float]) -> dict[Group, int]:
    """Return the credits of one message of each group, in ten-thousandths."""
    units = {name: round(rate * CREDIT_UNITS) for name, rate in rates.items()}
    default = round(RATE_OF_FRANCE * CREDIT_UNITS)
    return {group: group.segments * units.get(group.destination, default) for group in messages}


def credits_by_tag(messages: Mapping[Group, int], credits_of: Mapping[Group, int]) -> dict[str, int]:
    """Return the credits that the messages of each tag took, refunded or not."""
    found: defaultdict[str, int] = defaultdict(int)
    for group, count in messages.items():
        found[group.tag] += count * credits_of[group]
    return dict(found)


def usage_of(given: MonthInput, rules: UsageRules) -> MonthUsage:
    """Make the lines of a month and give each its cost; their costs add up to that of the month, to the cent."""
    amounts, days = _amounts(given)
    not_explained = given.check.not_explained if given.check else 0
    last = local_text(given.month.end)[:10]
    if not_explained > 0:
        days[last][_line(NOT_EXPLAINED)] = not_explained
    for day, amount in given.transferred.items():
        days[day][_TRANSFERRED] = days[day].get(_TRANSFERRED, 0) + amount
    costs = cost_by_orders([*given.opening, *given.arrivals], [days[day] for day in sorted(days)])
    closing, by_source = costs.left, costs.by_source
    currency = next((each.currency for each in (*given.opening, *given.arrivals) if each.currency), "")
    if rules.tariff is not None:
        totals: defaultdict[Line, int] = defaultdict(int)
        for of_day in days.values():
            for line, amount in of_day.items():
                totals[line] += amount
        totals.pop(_TRANSFERRED, None)
        costs, currency = cost_by_tariff(rules.tariff, totals), rules.tariff.currency
    if not_explained < 0:  # credits that nobody has paid for
        source = f"{NOT_EXPLAINED} {given.month}"
        closing = (*closing, Layer(source=source, credits=-not_explained, without_tax=0, tax=0, currency=currency))
    if not_explained:
        amounts[_line(NOT_EXPLAINED)].taken = not_explained
    lines = [_usage_line(line, found, costs, given.account, rules) for line, found in amounts.items()]
    lines.sort(key=lambda it: (it.kind == NOT_EXPLAINED, it.payer, it.kind, *it.key))
    return MonthUsage(tuple(lines), closing, by_source, currency)


def _amounts(given: MonthInput) -> tuple[defaultdict[Line, _Amounts], defaultdict[str, dict[Line, int]]]:
    """Add up the messages, replies and number checks of the month by line, and their credits by day and line."""
    amounts: defaultdict[Line, _Amounts] = defaultdict(_Amounts)
    days: defaultdict[str, dict[Line, int]] = defaultdict(dict)
    credits_of, wanted = credits_by_group(given.messages, given.rates), str(given.month)
    for group in sorted(given.messages):
        if group.day[:7] != wanted:
            continue
        campaign = given.campaigns.get(group.tag, "")
        country = country_of(group.destination) if group.destination else ""
        line = _line(SENT, group.user, campaign, group.tag, group.sender, country)
        count, back = given.messages[group], given.refunded.get(group, 0)
        each, it, day = credits_of[group], amounts[line], days[group.day]
        it.messages += count
        it.segments += count * group.segments
        it.taken += count * each
        it.refunded += back * each
        day[line] = day.get(line, 0) + (count - back) * each
    for reply in given.replies:
        day_of = local_text(reply.at)[:10]
        if day_of[:7] == wanted and reply.credits:
            line = _line(REPLY, "", reply.campaign, reply.tag)
            amounts[line].messages += reply.replies
            amounts[line].taken += reply.credits
            days[day_of][line] = days[day_of].get(line, 0) + reply.credits
    for check in given.number_checks:
        day_of, line = local_text(check.at)[:10], _line(NUMBER_CHECK)
        if day_of[:7] == wanted and check.credits:
            amounts[line].taken += check.credits
            days[day_of][line] = days[day_of].get(line, 0) + check.credits
    return amounts, days


def _line(*values: str) -> Line:
    return values + ("",) * (6 - len(values))


def _usage_line(line: Line, it: _Amounts, costs: Costs, account: str, rules: UsageRules) -> UsageLine:
    kind, user, campaign, tag, sender, country = line
    return UsageLine(
        kind=kind,
        payer="" if kind == NOT_EXPLAINED else rules.payer_of(account, user, campaign, tag),
        user_name=user,
        campaign=campaign,
        tag=tag,
        sender=sender,
        country=country,
        messages=it.messages,
        segments=it.segments,
        credits_taken=it.taken,
        credits_refunded=it.refunded,
        credits_unpriced=costs.unpriced.get(line, 0),
        cost_without_tax=costs.without_tax.get(line, 0),
        tax=costs.tax.get(line, 0),
    )
