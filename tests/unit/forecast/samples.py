"""Spending of made-up accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ovh_sms.forecast.outlook import Outlook, outlook
from ovh_sms.forecast.planned import PlannedRun
from ovh_sms.forecast.spending import AccountSpending, Spending

PARIS = ZoneInfo("Europe/Paris")
#: A Wednesday morning, before anything is sent.
NOW = datetime(2026, 11, 18, 7, tzinfo=PARIS)


def at(days: float, hour: int = 10) -> datetime:
    """A time of day, so many days from now."""
    return (NOW + timedelta(days=days)).replace(hour=hour)


def spent(amount: float, days_ago: int, campaign: str = "codes", *, planned: bool = False) -> Spending:
    moment = at(-days_ago)
    return Spending(at=moment, credits=amount, campaign=campaign, planned_at=moment if planned else None)


def daily(amounts: Sequence[float]) -> AccountSpending:
    """What was spent on each day, the last one yesterday."""
    spendings = [spent(amount, len(amounts) - index) for index, amount in enumerate(amounts) if amount]
    return AccountSpending(spendings=spendings, known_since=at(-len(amounts)))


def planned(days: float, amount: float, campaign: str = "spring", *, once: bool = False) -> PlannedRun:
    return PlannedRun(campaign=campaign, at=at(days), credits=amount, at_most=amount, is_once=once)


def steady(days: int = 56, amount: float = 100.0, *runs: PlannedRun) -> Outlook:
    """An account that spends the same on each day."""
    return outlook(daily([amount] * days), runs, now=NOW)
