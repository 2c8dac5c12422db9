"""A campaign's credits in the month under way, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.report import words

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.store.reservation_records import MonthUse


def month_budget(month: MonthUse, say: Translator) -> str:
    """Say how much of a month's budget is used: what is spent, reserved, or may have been spent."""

    def amount(number: float) -> str:
        return words.count(number, say.language)

    first = say(
        "Budget of {month}: {used} of {budget} credits are used.",
        month=words.month(month.month, say.language),
        used=amount(month.spent + month.reserved + month.unknown),
        budget=amount(month.budget),
    )
    rest = []
    if month.reserved:
        rest.append(say("{credits} of them are reserved by runs under way.", credits=amount(month.reserved)))
    if month.unknown:
        rest.append(say("Of {credits} of them it is not known whether they are spent.", credits=amount(month.unknown)))
    return " ".join([first, *rest])
