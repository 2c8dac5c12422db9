"""The credits of each account, as its checks and its runs found them, and the day until which they last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.forecast.forecast import Forecast, forecast
from ovh_sms.forecast.outlook import outlook
from ovh_sms.forecast.spending import AccountSpending

if TYPE_CHECKING:
    from ovh_sms.report.run_figures import RunFigures
    from ovh_sms.store.credit_readings import CreditReading
    from ovh_sms.store.spending import Balance
    from ovh_sms.store.store import Store

#: The forecast of a check is shown for so long, unless the credits were read again since.
FORECAST_LASTS = timedelta(days=2)
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, kw_only=True)
class AccountCredits:
    """The credits of one account.

    :param credits: as read at ``read_at``, less what was spent since.
    :param forecast: how long they last.
    :param has_plan: whether the forecast counts planned runs one by one: that of a check does.
    :param days: whole days until they are expected to run dry; ``None`` for more than a year, or if nobody knows.
    :param key_ends_at: when OVH ends the key that the newest run used; ``None`` if it never does, or nobody knows.
    """

    account: str
    credits: float
    read_at: datetime
    forecast: Forecast
    has_plan: bool = False
    days: int | None = None
    key_ends_at: datetime | None = None


def account_credits(
    account: str,
    *,
    balances: Sequence[Balance],
    reading: CreditReading | None,
    known: AccountSpending,
    now: datetime,
    reserved: float = 0.0,
    key_ends_at: datetime | None = None,
) -> AccountCredits | None:
    """Return the credits of an account with their forecast; ``None`` if they were never read.

    The forecast is that of the newest check, which counts the planned runs by the campaign files. If a run has read
    the credits since, or the check is old, it is that of the rate of spending, which holds scheduled campaigns too:
    pages read no campaign files.

    :param balances: credits as they were read.
    :param reading: that of the newest check.
    :param known: what the account spent.
    :param now: aware.
    :param reserved: credits of runs that are on their way.
    """
    newest = max(balances, default=None)
    if newest is None:
        return None
    read_at, left = newest.at, _left(newest, known)
    made = None
    if reading is not None and reading.forecast and reading.at >= read_at and now - reading.at < FORECAST_LASTS:
        made = Forecast.from_json(reading.forecast)
    shown = made or forecast(outlook(known, (), now=now), left, reserved=reserved)
    today = now.astimezone(PARIS).date()
    return AccountCredits(
        account=account,
        credits=left,
        read_at=read_at,
        forecast=shown,
        has_plan=made is not None,
        days=max(0, (shown.dry_on - today).days) if shown.dry_on else None,
        key_ends_at=key_ends_at,
    )


def _left(newest: Balance, known: AccountSpending) -> float:
    """The credits as read, less what was spent since."""
    return max(0.0, newest.credits - sum(each.credits for each in known.spendings if each.at >= newest.at))


def credits_left(store: Store, account: str, now: datetime) -> float | None:
    """Read the credits of an account, less what was spent since they were read; ``None`` if they never were.

    :param now: aware.
    """
    newest = next(iter(store.spending.balances(account, limit=1)), None)
    return None if newest is None else _left(newest, store.spending.of_account(account, now))


def credits_of_account(
    store: Store, account: str, now: datetime, *, key_ends_at: datetime | None = None
) -> AccountCredits | None:
    """Read the credits of an account with their forecast; ``None`` if they were never read.

    :param now: aware.
    """
    return account_credits(
        account,
        balances=store.spending.balances(account, limit=1),
        reading=store.credit_readings.newest(account),
        known=store.spending.of_account(account, now),
        now=now,
        reserved=store.reservations.reserved(account),
        key_ends_at=key_ends_at,
    )


def key_ends(runs: Sequence[RunFigures]) -> Mapping[str, datetime]:
    """Return when OVH ends the keys of accounts, by account: the key of the run that was checked last."""
    newest: dict[str, tuple[datetime, datetime | None]] = {}
    for run in runs:
        if run.checked_at is not None and run.checked_at >= newest.get(run.account, (run.checked_at,))[0]:
            newest[run.account] = (run.checked_at, run.key_ends_at)
    return {account: ends for account, (_, ends) in newest.items() if ends is not None}
