"""The credits of rows, and whether the account can pay them beside what others have reserved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovh_sms.errors import InsufficientCredits
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.destinations import destination_name, destination_of
from ovh_sms.messaging.segments import measure

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.outbox_records import OutboxRow


@dataclass(kw_only=True)
class RowCosts:
    """Computes the credits of rows. One object for a worker: the rate of a country is read once."""

    client: OvhSmsClient
    _rates: dict[str, float] = field(default_factory=dict, init=False)

    def of(self, rows: Sequence[OutboxRow]) -> float:
        """Return the credits of some rows of one text.

        Source: GET ``/sms/rates/destinations``, for each country but France once.
        """
        found = 0.0
        segments: dict[bool, int] = {}
        for row in rows:
            stop = bool(row.stop_clause) and takes_stop_clause(row.receiver)
            if stop not in segments:
                segments[stop] = measure(row.message, stop_clause=stop).segments
            found += segments[stop] * self._rate(destination_name(destination_of(row.receiver)))
        return found

    def _rate(self, destination: str) -> float:
        from ovh_sms.credits.rates import foreign_rates

        if destination not in self._rates:
            self._rates[destination] = foreign_rates(self.client, [destination]).get(destination, 1.0)
        return self._rates[destination]


def check_credits(needed: float, *, credits_left: float, reserved: float, user: str = "") -> None:
    """Refuse a group that the account, or the quota of its user, cannot pay.

    :param reserved: credits that runs of campaigns have reserved and not used yet.
    :param user: login of the user whose quota pays; empty if the account pays.
    :raises InsufficientCredits: says how many are missing.
    """
    missing = needed - (credits_left - reserved)
    if missing > 0:
        others = f", and {reserved:g} of them are reserved" if reserved else ""
        holder = f"the quota of the user {user}" if user else "the account"
        way = f"Raise that quota by at least {missing:g}" if user else f"Order at least {missing:g}"
        raise InsufficientCredits(
            f"A group of the outbox costs {needed:g} credits; {holder} holds {credits_left:g}{others}.",
            action=f"It was not sent. {way} credits; then it is sent by itself.",
        )
