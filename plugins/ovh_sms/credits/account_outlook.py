"""The coming spending of an account, from the results and the campaign files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.forecast.forecast import announced_runs
from ovh_sms.forecast.need import PAY_DAYS
from ovh_sms.forecast.outlook import Outlook, outlook
from ovh_sms.forecast.planned import PlannedCampaign, plan_end, planned_runs

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.forecast.forecast import Forecast
    from ovh_sms.store.store import Store

#: Most campaigns run at most so often in the days of the plan; for others more times are listed.
_FEW_TIMES = 16
#: Nobody plans more runs of one campaign: every hour of 60 days.
_MOST_TIMES = 1_440


def account_outlook(
    store: Store,
    account: str,
    campaigns: Iterable[Campaign],
    now: datetime,
    *,
    earlier: Iterable[Forecast] = (),
    pay_days: float = PAY_DAYS,
) -> Outlook:
    """Return what an account will spend: its rate by the results, and the planned runs by the campaign files.

    :param campaigns: those that spend this account's credits.
    :param now: aware.
    :param earlier: forecasts of the last weeks. A run that one of them announced in time is not in the rate.
    :param pay_days: a run is announced in time if its plan was known so many days and one before it.
    """
    files = {each.name: each for each in campaigns}
    costs = store.spending.list_costs(account, files)
    planned = [
        PlannedCampaign(
            campaign=name,
            times=_times(file, now),
            costs=costs.get(name, ()),
            budget=file.budget,
            is_once=file.send_at is not None,
        )
        for name, file in files.items()
    ]
    return outlook(
        store.spending.of_account(account, now),
        planned_runs(planned, now),
        now=now,
        announced=announced_runs(earlier, days_ahead=pay_days + 1),
    )


def _times(file: Campaign, now: datetime) -> list[datetime]:
    """The planned times of a campaign until the end of the plan."""
    count, end = _FEW_TIMES, plan_end(now)
    while True:
        times = file.planned_times(now, count)
        if len(times) < count or times[-1] >= end or count >= _MOST_TIMES:
            return times
        count = min(4 * count, _MOST_TIMES)
