"""Readings of credits between two checks, so that pages and waits know the credits that a task has just read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.store.credit_readings import CreditReading

if TYPE_CHECKING:
    from ovh_sms.store.store import Store


def note_credits(store: Store, account: str, credits_left: float, *, at: datetime | None = None) -> None:
    """Keep the credits of an account as a task has read them, unless they are known already.

    The level of the newest check stays; its forecast does not, as that was made for other credits.

    :param at: when they were read; now by default.
    """
    now = store.clock.now()
    at, newest = min(at or now, now), store.credit_readings.newest(account)
    if newest is not None and (newest.credits == credits_left or newest.at >= at):
        return
    store.credit_readings.add(
        CreditReading(
            account=account,
            at=at,
            credits=credits_left,
            # The level of a check holds its reservations: both stay.
            reserved=newest.reserved if newest else store.reservations.reserved(account),
            enough=newest.enough if newest else None,
        )
    )
