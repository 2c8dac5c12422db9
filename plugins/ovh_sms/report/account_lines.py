"""The sentences of an account's page and of its command: credits, reservations, and the month's money."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.report import words
from ovh_sms.report.account_credits import PARIS
from ovh_sms.report.forecast_lines import forecast_lines
from ovh_sms.report.order_words import price_words
from ovh_sms.report.short_moments import short_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ovh_sms.report.account_credits import AccountCredits
    from ovh_sms.report.account_view import AccountView, MonthMoney
    from ovh_sms.report.language import Translator
    from ovh_sms.store.spending import Balance


def credits_line(view: AccountView, say: Translator) -> str:
    """Say what the account holds, and when that was read."""
    it = view.credits
    if it is None:
        return say("The credits of this account were never read.")
    about = {"n": words.count(it.credits, say.language), "at": _at(it.read_at, say)}
    if view.reserved:
        reserved = words.count(view.reserved, say.language)
        return say("{n} credits left, {reserved} of them reserved. Read {at}.", reserved=reserved, **about)
    return say("{n} credits left. Read {at}.", **about)


def waiting_lines(view: AccountView, say: Translator) -> list[str]:
    """Say which runs wait for credits, how many each of them needs, and since when."""
    return [
        say(
            "{run} of {dag} waits for {n} credits since {since}, until {until} at most.",
            run=each.run_id,
            dag=each.dag_id,
            n=words.count(each.credits, say.language),
            since=_at(each.since, say),
            until=_at(each.until, say),
        )
        for each in view.waiting
    ]


def days_line(it: AccountCredits, say: Translator) -> str:
    """Say for how many days the credits last; empty if nobody knows."""
    if it.days is None:
        return ""
    if it.days == 0:
        return say("may run dry today")
    return say.several(it.days, "about {n} day left", "about {n} days left")


def basis_lines(it: AccountCredits, say: Translator) -> list[str]:
    """Say the forecast of an account, and what it is based on."""
    made = say("Forecast of {at}, with the planned runs.", at=_at(it.forecast.made_at, say))
    rate = say("Forecast by what was spent so far; the next check counts the planned runs.")
    last = [made if it.has_plan else rate] if it.forecast.per_day is not None else []
    return [*forecast_lines(it.forecast, say), *last]


def money_line(money: MonthMoney, say: Translator) -> str:
    """Say what the month's orders cost, of what they may cost."""
    about = {"month": words.month(money.month, say.language), "spent": price_words(money.spent, money.currency, say)}
    if money.cap is None:
        first = say("Orders of {month}: {spent} with tax.", **about)
    else:
        cap = price_words(money.cap, money.currency, say)
        first = say("Orders of {month}: {spent} with tax, of {cap} at most.", cap=cap, **about)
    if not money.spent_by_others:
        return first
    others = price_words(money.spent_by_others, money.currency, say)
    return f"{first} {say('{others} of it are orders that persons made at OVH.', others=others)}"


def recredit_line(recredit: Mapping[str, float], say: Translator) -> str:
    """Say when OVH itself buys credits."""
    return say(
        "OVH buys {n} credits by itself when fewer than {threshold} are left, by direct debit.",
        n=words.count(recredit["quantity"], say.language),
        threshold=words.count(recredit["threshold"], say.language),
    )


def credit_curve(balances: Sequence[Balance], enough: float | None) -> tuple[str, float | None, float]:
    """Draw the credits in time as the points of an SVG that is 100 wide and 40 high, in steps.

    :param enough: a level to draw besides.
    :returns: the points, the height of the level, and the credits at its full height.
    """
    begin, length = balances[0].at, (balances[-1].at - balances[0].at).total_seconds() or 1.0
    most = max(*(each.credits for each in balances), enough or 0.0, 1.0)
    written: list[str] = []
    height = 40 - 40 * balances[0].credits / most
    for at, amount in balances:
        across = 100 * (at - begin).total_seconds() / length
        written += [f"{across:.2f},{height:.2f}", f"{across:.2f},{(height := 40 - 40 * amount / most):.2f}"]
    level = None if enough is None else round(40 - 40 * enough / most, 2)
    return " ".join(dict.fromkeys(written)), level, most


def _at(value: datetime, say: Translator) -> str:
    return short_moment(value, PARIS, say.language)
