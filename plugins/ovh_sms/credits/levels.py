"""The credits of an account against those that it should hold, with the forecast; each check is kept in the results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from math import fsum
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.account_outlook import account_outlook
from ovh_sms.forecast.forecast import Forecast, forecast
from ovh_sms.forecast.need import CreditsNeeded, StockRule, credits_needed
from ovh_sms.store.credit_readings import CreditReading

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.store.reservation_records import OtherReservation
    from ovh_sms.store.store import Store

#: Runs that a forecast announced are remembered for so long.
_REMEMBERED = timedelta(days=62)


@dataclass(frozen=True, kw_only=True)
class AccountLevel:
    """The credits of an account, as they were checked.

    :param credits_left: of the account.
    :param reserved: of them, credits of campaigns that are on their way.
    :param is_recredited: OVH buys credits by itself.
    :param waiting: the runs that wait for credits; they have reserved none.
    :param needed: credits that are needed; ``None`` if nobody says how many it should hold.
    :param forecast: how long its credits last.
    """

    account: str
    credits_left: float
    reserved: float
    is_recredited: bool
    needed: CreditsNeeded | None
    forecast: Forecast
    waiting: tuple[OtherReservation, ...] = ()

    @property
    def awaited(self) -> float:
        """Credits that runs wait for."""
        return fsum(each.credits for each in self.waiting)

    @property
    def enough(self) -> float:
        """Credits that the account should hold at least, with those that runs have reserved or wait for."""
        return self.kept(0.0) + self.reserved + self.awaited

    @property
    def is_short(self) -> bool:
        """Whether it holds fewer."""
        return self.needed is not None and self.needed.is_needed

    def spare(self, keep: float) -> float:
        """Return the credits that it can give to another account beside those that its runs have reserved or wait for.

        :param keep: credits that it keeps at least.
        """
        return max(0.0, self.credits_left - self.reserved - self.awaited - self.kept(keep))

    def kept(self, keep: float) -> float:
        """Return the credits that stay beside its reservations: those to keep, or its own need if that is more."""
        return max(keep, self.needed.order_below if self.needed else 0.0)

    def __str__(self) -> str:
        known = f"{self.account}: {self.credits_left:,.12g} credits left, {self.reserved:,.12g} of them reserved."
        if self.waiting:
            runs = ", ".join(f"run {each.run_id} of {each.dag_id} ({each.credits:,.12g})" for each in self.waiting)
            known += f" {self.awaited:,.12g} more are waited for: {runs}."
        return f"{known} {self.needed if self.needed else ''} {self.forecast}".replace("  ", " ")


def read_level(
    client: OvhSmsClient, store: Store, rule: StockRule | None, campaigns: Iterable[Campaign] = ()
) -> AccountLevel:
    """Read the credits of an account, and forecast how long they last; keep both in the results.

    :param rule: the stock that the account should hold; ``None`` if its file says nothing.
    :param campaigns: the campaign files that spend its credits.

    Source: GET ``/sms/{serviceName}``.
    """
    name, now = client.account_name, store.clock.now()
    # Before the credits: a batch that OVH accepts in between counts twice rather than not at all. So does a wait that
    # ends in between.
    waiting = tuple(store.reservations.awaited_by(name))
    awaited = fsum(each.credits for each in waiting)
    reserved = store.reservations.reserved(name)
    account = client.account.get()
    left = account.credits_left
    earlier = store.credit_readings.of_account(name, since=now - _REMEMBERED)
    coming = account_outlook(
        store, name, campaigns, now, earlier=[Forecast.from_json(each.forecast) for each in earlier if each.forecast]
    )
    level = AccountLevel(
        account=name,
        credits_left=left,
        reserved=reserved,
        is_recredited=account.is_recredited,
        waiting=waiting,
        needed=credits_needed(rule, coming, credits_left=left, reserved=reserved, awaited=awaited) if rule else None,
        forecast=forecast(coming, left, reserved=reserved),
    )
    store.credit_readings.add(
        CreditReading(
            account=name,
            at=now,
            credits=left,
            reserved=reserved + awaited,
            enough=level.enough if rule else None,
            forecast=level.forecast.to_json(),
        )
    )
    return level


def rule_of(threshold: float | None, cover_days: float | None) -> StockRule | None:
    """Return the stock that an account should hold; ``None`` if neither is given."""
    return None if threshold is None and cover_days is None else StockRule(threshold=threshold, cover_days=cover_days)


def level_xcom(level: AccountLevel) -> dict[str, Any]:
    """Return the plain figures of a level, without the forecast's details."""
    found = level.forecast
    return {
        "account": level.account,
        "credits_left": level.credits_left,
        "reserved": level.reserved,
        "awaited": level.awaited,
        "waiting": [each._asdict() for each in level.waiting],
        "enough": level.enough,
        "missing": level.needed.credits if level.needed else 0,
        "needed": asdict(level.needed) if level.needed else None,
        "dry_on": found.dry_on and found.dry_on.isoformat(),
        "earliest": found.earliest and found.earliest.isoformat(),
        "latest": found.latest and found.latest.isoformat(),
        "per_day": found.per_day,
    }
