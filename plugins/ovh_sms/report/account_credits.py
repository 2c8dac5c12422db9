"""The credits of each account, as the newest checks of runs found them, and the days for which they last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ovh_sms.report.run_state import RunStatus

#: The rate of spending is that of so many days.
RATE_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class AccountCredits:
    """The credits of one account.

    :param credits: as read at ``read_at``, before the run that was checked then.
    :param key_ends_at: when OVH ends the key that the newest check used; ``None`` if it never does, or nobody knows.
    :param days: for which they last at the rate of the last 30 days; ``None`` if nothing was spent then.
    """

    account: str
    credits: float
    read_at: datetime
    days: float | None
    key_ends_at: datetime | None


def account_credits(runs: Sequence[RunStatus], now: datetime) -> list[AccountCredits]:
    """Estimate the credits of every account that a run was checked on, by name.

    :param runs: all runs of the last 30 days at least.
    :param now: aware.
    """
    by_account: dict[str, list[RunStatus]] = defaultdict(list)
    for run in runs:
        by_account[run.results.record.account].append(run)
    found = [_of_account(account, several, now) for account, several in sorted(by_account.items())]
    return [each for each in found if each is not None]


def _of_account(account: str, runs: list[RunStatus], now: datetime) -> AccountCredits | None:
    records = [run.results.record for run in runs]
    readings = [(each.checked_at, each.credits_left) for each in records if each.checked_at is not None]
    known = [(at, left) for at, left in readings if left is not None]
    if not known:
        return None
    read_at, left = max(known)
    ends = next(each.key_ends_at for each in records if each.checked_at == read_at)
    spent = [(at, amount) for run in runs for at, amount in _spendings(run)]
    rate = sum(amount for at, amount in spent if at >= now - timedelta(days=RATE_DAYS)) / RATE_DAYS
    days = left / rate if rate > 0 else None
    return AccountCredits(account=account, credits=left, read_at=read_at, days=days, key_ends_at=ends)


def _spendings(run: RunStatus) -> list[tuple[datetime, float]]:
    """When each batch was sent, and its credits that were not refunded."""
    batches = [each.results for each in run.batches]
    return [(each.sent_at, (each.credits_spent or 0.0) - each.refunded) for each in batches if each.sent_at]
