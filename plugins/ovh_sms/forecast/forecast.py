"""The day on which an account runs dry, with an interval."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from ovh_sms.forecast.outlook import Interval, Outlook, end_of_day
from ovh_sms.forecast.planned import PlannedRun
from ovh_sms.forecast.sentence import Sentence

#: The rate of spending is that of the coming four weeks.
RATE_DAYS = 28
#: Days beyond this are not forecast.
HORIZON_DAYS = 365
#: Planned runs that a forecast names: those of so many days, and so many at most.
NAMED_DAYS, MOST_NAMED = 31, 100
_ENDS = ("dry_on", "earliest", "latest")


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How long the credits of an account last.

    :param made_at: aware.
    :param credits_left: of the account.
    :param reserved: of them, credits of runs on their way, that are not for others.
    :param per_day: credits a day that the coming four weeks are expected to cost, planned runs included; ``None``
        without a day of history: then there is no forecast.
    :param dry_on: the first day at whose end the credits are expected to be short; ``None`` if not within a year.
    :param earliest: the same if more is spent than nine of ten times.
    :param latest: the same if less is spent than nine of ten times.
    :param history_days: days of spending known.
    :param planned: the runs planned for the coming month, with their credits.
    """

    made_at: datetime
    credits_left: float
    reserved: float = 0.0
    per_day: float | None = None
    dry_on: date | None = None
    earliest: date | None = None
    latest: date | None = None
    history_days: int = 0
    planned: tuple[PlannedRun, ...] = ()

    @property
    def days(self) -> int | None:
        """Whole days for which the credits last, as expected; ``None`` for more than a year, or if nobody knows."""
        return None if self.dry_on is None else (self.dry_on - self.made_at.date()).days

    def basis(self) -> list[Sentence]:
        """Say the forecast, and what it is based on, in sentences."""
        return [self._end(), *self._reasons()]

    def __str__(self) -> str:
        """Say it in English, as logs do."""
        return " ".join(map(str, self.basis()))

    def _end(self) -> Sentence:
        if self.per_day is None:
            return Sentence("No forecast: no whole day of spending is known on this account.")
        if self.dry_on is None and self.earliest is None:
            return Sentence("The credits last for more than a year.")
        if self.dry_on is None or self.latest is None:
            return Sentence(
                "The credits last at least until {earliest}, maybe for more than a year.",
                {"earliest": self.earliest or self.made_at.date()},
            )
        days = {"dry_on": self.dry_on, "earliest": self.earliest or self.dry_on, "latest": self.latest}
        if days["earliest"] == days["latest"]:
            return Sentence("The credits last until {dry_on}.", days)
        return Sentence(
            "The credits last until about {dry_on}: {earliest} at the earliest, {latest} at the latest.", days
        )

    def _reasons(self) -> Iterable[Sentence]:
        if self.per_day is not None:
            yield Sentence(
                "About {per_day} credits a day. Days of spending known: {n}.",
                {"per_day": self.per_day, "n": self.history_days},
            )
        if self.planned:
            amount = sum(run.credits for run in self.planned)
            yield Sentence(
                "Planned runs of the coming month: {n}, for about {amount} credits.",
                {"n": len(self.planned), "amount": amount},
            )
        if self.reserved > 0:
            yield Sentence("{amount} credits are reserved for runs on their way.", {"amount": self.reserved})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = asdict(self) | {"made_at": self.made_at.isoformat(), "planned": [run.to_json() for run in self.planned]}
        days = {name: plain[name] and plain[name].isoformat() for name in _ENDS}
        return plain | days

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made."""
        days = {name: values[name] and date.fromisoformat(values[name]) for name in _ENDS}
        planned = tuple(PlannedRun.from_json(run) for run in values["planned"])
        return cls(**{**values, **days, "made_at": datetime.fromisoformat(values["made_at"]), "planned": planned})


def forecast(coming: Outlook, credits_left: float, *, reserved: float = 0.0) -> Forecast:
    """Find the day on which credits run dry.

    :param coming: what the account will spend.
    :param credits_left: as the account holds them now.
    :param reserved: credits of runs that are on their way and not submitted yet.
    """
    named = [run for run in coming.planned if run.at < coming.now + timedelta(days=NAMED_DAYS)]
    made = Forecast(made_at=coming.now, credits_left=credits_left, reserved=reserved, planned=tuple(named[:MOST_NAMED]))
    if coming.rate is None:
        return made
    left = credits_left - reserved
    return replace(
        made,
        per_day=coming.spending(RATE_DAYS).expected / RATE_DAYS,
        history_days=coming.rate.days,
        dry_on=_first_day(coming, left, lambda spent: spent.expected),
        earliest=_first_day(coming, left, lambda spent: spent.high),
        latest=_first_day(coming, left, lambda spent: spent.low),
    )


def _first_day(coming: Outlook, left: float, end: Callable[[Interval], float]) -> date | None:
    """The first day by whose end more is spent than is left; spending only grows."""
    today = coming.now.date()

    def is_short(days: int) -> bool:
        return end(coming.spending(end_of_day(coming.now, today + timedelta(days=days)))) > left

    found = bisect_left(range(HORIZON_DAYS), True, key=is_short)
    return today + timedelta(days=found) if found < HORIZON_DAYS else None


def announced_runs(earlier: Iterable[Forecast], *, days_ahead: float) -> set[tuple[str, datetime]]:
    """Name the runs that an earlier forecast had in its plan in time to order credits for them.

    :param earlier: forecasts of the account, as they were made.
    :param days_ahead: so many days before a run its credits can still be ordered, paid and delivered.
    :returns: campaigns and planned times.
    """
    ahead = timedelta(days=days_ahead)
    return {(run.campaign, run.at) for each in earlier for run in each.planned if run.at - each.made_at >= ahead}
