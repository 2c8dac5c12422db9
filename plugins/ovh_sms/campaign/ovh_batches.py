"""Whether a campaign's messages go as OVH batches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final, Literal

#: The call of OVH that messages are sent by; ``None``: the usual one.
Via = Literal["ovh_batches"] | None
OVH_BATCHES: Final = "ovh_batches"

#: Fields of a campaign file that OVH batches do not take.
NOT_TAKEN = ("priority", "validity_hours", "user")


def refuse_fields_not_taken(via: Via, written: Collection[str]) -> None:
    """Refuse fields of a campaign file that OVH batches do not take.

    :param written: names of the fields that the file has.
    :raises ValueError: names them.
    """
    wrong = [f"`{name}`" for name in NOT_TAKEN if name in written]
    if via == OVH_BATCHES and wrong:
        raise ValueError(f"OVH batches take no {' and no '.join(wrong)}: remove it, or `via`")


def held_for(via: Via, delay: timedelta, *, reconcile_timeout: timedelta, quiet_period: timedelta) -> timedelta:
    """Return how long OVH keeps messages before they leave.

    An OVH batch stays for as long as a lost answer may take to be found, so that a doubled one can be cancelled.

    :param delay: time that the author asks for.
    """
    return delay if via is None else max(delay, reconcile_timeout + quiet_period)
