"""Watches the credits of one account for everything that waits for them: one read serves all waits."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.errors import Unavailable
from ovh_sms.sending.progress import ProgressNews, WaitEnd

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock

#: Least seconds between two reads, so that calls are left for the delivery receipts.
LEAST_SECONDS = 5.0


@dataclass(frozen=True)
class CreditsNews(ProgressNews):
    """A reading of the account's credits."""

    credits: float = 0.0


@dataclass
class _Wait:
    """One wait; ``due`` on the monotonic clock."""

    poll_interval: float
    at_least: float | None
    deadline: datetime | None
    due: float


class CreditsWatch:
    """Ends a wait once the account holds as many credits as it waits for; others get each reading as news.

    Source: GET ``/sms/{serviceName}``.
    """

    def __init__(self, client: OvhSmsClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._waits: dict[Hashable, _Wait] = {}
        self._read_at = -math.inf
        self._credits: float | None = None

    def __len__(self) -> int:
        """Return the number of waits."""
        return len(self._waits)

    def add(
        self, key: Hashable, *, poll_interval: float, at_least: float | None = None, deadline: datetime | None = None
    ) -> None:
        """Wait for credits, or for readings without end.

        :param poll_interval: seconds between two reads, and before the first.
        :param at_least: credits with which the wait is over; ``None``: it never is, and gets news of each read.
        :param deadline: the end of the wait, aware.
        """
        self._waits[key] = _Wait(poll_interval, at_least, deadline, self._clock.monotonic() + poll_interval)

    def remove(self, key: Hashable) -> None:
        """Forget a wait."""
        self._waits.pop(key, None)

    def due(self) -> float:
        """Return the moment of the next read, on the monotonic clock; infinite if nothing waits."""
        return max(min((each.due for each in self._waits.values()), default=math.inf), self._read_at + LEAST_SECONDS)

    def deadline(self) -> datetime | None:
        """Return the earliest deadline."""
        return min((each.deadline for each in self._waits.values() if each.deadline is not None), default=None)

    def cost(self) -> int:
        """Return the calls of the next read."""
        return 1

    def ends(self) -> Iterator[tuple[Hashable, WaitEnd]]:
        """Yield the waits whose deadline has come."""
        now = self._clock.now()
        held = "nothing was read yet" if self._credits is None else f"the account holds {self._credits:.12g} credits"
        for key, each in list(self._waits.items()):
            if each.deadline is not None and now >= each.deadline:
                yield key, WaitEnd("deadline", f"The deadline has come: {held}.")

    def read(self) -> Iterator[tuple[Hashable, WaitEnd | ProgressNews | Exception]]:
        """Read the credits once. Yield the waits that are over and news for the others that are due; or the error.

        :raises Unavailable: OVH cannot be reached; a later read goes on.
        """
        self._read_at = now = self._clock.monotonic()
        try:
            self._credits = self._client.account.get().credits_left
        except Unavailable:
            raise
        except Exception as error:
            for key in list(self._waits):
                yield key, error
            return
        text = f"The account holds {self._credits:.12g} credits."
        for key, each in list(self._waits.items()):
            if each.at_least is not None and self._credits >= each.at_least:
                yield key, WaitEnd("enough", text)
            elif each.due <= now:
                each.due = now + each.poll_interval
                yield key, CreditsNews(text, credits=self._credits)
