"""The credits of each account, as the newest checks of runs found them, and the day until which they last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ovh_sms.forecast.forecast import Forecast, forecast
from ovh_sms.forecast.outlook import outlook
from ovh_sms.forecast.spending import AccountSpending
from ovh_sms.report.run_state import RunStatus


@dataclass(frozen=True, kw_only=True)
class AccountCredits:
    """The credits of one account.

    :param credits: as read at ``read_at``, before the run that was checked then.
    :param key_ends_at: when OVH ends the key that the newest check used; ``None`` if it never does, or nobody knows.
    :param forecast: how long they last, less what was spent since they were read.
    """

    account: str
    credits: float
    read_at: datetime
    forecast: Forecast
    key_ends_at: datetime | None


def account_credits(
    runs: Sequence[RunStatus], spending: Mapping[str, AccountSpending], now: datetime
) -> list[AccountCredits]:
    """List the credits of every account that a run was checked on, by name, with their forecast.

    The forecast is that of the rate of spending, which holds scheduled campaigns too: pages read no campaign files.

    :param runs: all runs of the last 30 days at least.
    :param spending: what each of their accounts spent.
    :param now: aware.
    """
    by_account: dict[str, list[RunStatus]] = defaultdict(list)
    for run in runs:
        by_account[run.results.record.account].append(run)
    found = [
        _of_account(account, several, spending.get(account, AccountSpending()), now)
        for account, several in sorted(by_account.items())
    ]
    return [each for each in found if each is not None]


def _of_account(account: str, runs: list[RunStatus], known: AccountSpending, now: datetime) -> AccountCredits | None:
    records = [run.results.record for run in runs]
    readings = [(each.checked_at, each.credits_left) for each in records if each.checked_at is not None]
    with_credits = [(at, left) for at, left in readings if left is not None]
    if not with_credits:
        return None
    read_at, left = max(with_credits)
    spent_since = sum(each.credits for each in known.spendings if each.at >= read_at)
    return AccountCredits(
        account=account,
        credits=left,
        read_at=read_at,
        forecast=forecast(outlook(known, (), now=now), max(0.0, left - spent_since)),
        key_ends_at=next(each.key_ends_at for each in records if each.checked_at == read_at),
    )
