"""The figures of simulated years, and what they must keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import fmean, quantiles
from typing import Any

from credits_year.accounts import ACCOUNTS, Account
from credits_year.simulation import Simulation, Year
from ovh_sms.forecast.need import StockRule

#: The cover that the accounts ask for.
RULE = StockRule(cover_days=14)
#: The rules were tuned on the years of these seeds,
TUNED_ON = tuple(range(1, 21))
#: and are proven on those of these.
SEEDS = (101, 102, 103)
MOST_STOCK = 1.5
#: Rules that ask for nothing would excuse every dry day: no more days of a year than these may be dry.
MOST_DRY_DAYS = 18


def figures(account: Account, seed: int, year: Year) -> dict[str, Any]:
    """What became of one year."""
    days = int(RULE.cover_days or 0)
    stock, asked = fmean(year.stocks), fmean(year.asked)
    spent = [sum(year.spent_by_day[first : first + days]) for first in range(len(year.spent_by_day) - days)]
    return {
        "account": account.name,
        "seed": seed,
        "credits_spent": sum(year.spent_by_day),
        "orders": len(year.orders),
        "average_stock": round(stock),
        "average_asked": round(asked),
        "stock_by_asked": round(stock / asked, 3),
        # What so many days did cost, nine times in ten: no forecast has a part in it.
        "stock_by_cover": round(stock / quantiles(spent, n=10)[-1], 3),
        "stock_in_days": round(stock / fmean(year.spent_by_day), 1),
        "interval_held": round(fmean(got <= high for got, high in zip(spent, year.highs, strict=False)), 3),
        "dry_days": [asdict(each) for each in year.dry],
    }


def breaches(found: dict[str, Any]) -> list[str]:
    """What a year should not have: a dry day for which the rules are to blame, or too much stock."""
    where = f"{found['account']}, seed {found['seed']}"
    dry = [
        f"{where}: dry on {each['day']}: {each['campaign']} needs {each['credits']:,.0f}, "
        f"stock {each['stock']:,.0f}, asked for {each['asked']:,.0f}"
        for each in found["dry_days"]
        if each["cause"] is None
    ]
    days = {each["day"] for each in found["dry_days"]}
    dry += [f"{where}: dry on {len(days)} days"] if len(days) > MOST_DRY_DAYS else []
    ratios = (found["stock_by_asked"], found["stock_by_cover"])
    return dry + [f"{where}: stock is {each} times the cover" for each in ratios if each > MOST_STOCK]


def run_years(seeds: Iterable[int], accounts: Sequence[Account] = ACCOUNTS) -> list[dict[str, Any]]:
    """Simulate a year of each account for each seed."""
    return [
        figures(account, seed, Simulation(account=account, seed=seed, rule=RULE).run())
        for seed in seeds
        for account in accounts
    ]
