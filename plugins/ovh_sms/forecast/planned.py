"""Planned runs of campaigns and the credits that they will cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

#: Planned runs are listed for so many days; later ones are expected to cost as much a day.
PLAN_DAYS = 60
#: So many runs of one campaign, the latest first, show what the next one may cost.
COSTS = 5


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One run that a campaign's schedule plans.

    :param at: when it is planned, aware.
    :param credits: credits that it is expected to cost.
    :param at_most: credits that it may cost.
    :param is_once: the campaign is sent once, so its past says nothing of other runs.
    """

    campaign: str
    at: datetime
    credits: float
    at_most: float
    is_once: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made."""
        return cls(**{**values, "at": datetime.fromisoformat(values["at"])})


@dataclass(frozen=True, kw_only=True)
class PlannedCampaign:
    """A campaign with its planned times.

    :param times: when runs are planned, aware.
    :param costs: credits of its earlier runs, the latest first.
    :param budget: credits that a run may cost, as its file says.
    :param is_once: it is sent once.
    """

    campaign: str
    times: Sequence[datetime]
    costs: Sequence[float]
    budget: float
    is_once: bool = False


def plan_end(now: datetime) -> datetime:
    """Return the moment until which planned runs are listed."""
    return now + timedelta(days=PLAN_DAYS)


def planned_runs(campaigns: Iterable[PlannedCampaign], now: datetime) -> list[PlannedRun]:
    """List the coming runs with their cost: that of the campaign's last run, or its budget if it never ran.

    A run may cost as much as the dearest of the last five runs.

    :param now: aware; earlier times are left out.
    :returns: the next run first.
    """
    end = plan_end(now)
    found = [
        PlannedRun(
            campaign=each.campaign,
            at=at,
            credits=each.costs[0] if each.costs else each.budget,
            at_most=max(each.costs[:COSTS], default=each.budget),
            is_once=each.is_once,
        )
        for each in campaigns
        for at in each.times
        if now < at < end
    ]
    return sorted(found, key=lambda run: (run.at, run.campaign))
