"""Money spent on credits in a calendar month, and its cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class MonthSpending:
    """Orders of one calendar month in Paris.

    :param month: such as ``2026-03``.
    :param spent: prices with tax together.
    """

    month: str
    spent: float
    orders: int


def month_spending(client: OvhSmsClient, store: Store, clock: Clock, *, but: str = "") -> MonthSpending:
    """Add up the month's orders of an account."""
    raise NotImplementedError
