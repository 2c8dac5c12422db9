"""The moment after which a request is not sent any more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from ovh_sms.clock import Clock
from ovh_sms.errors import DeadlineMissed


class Deadline:
    """Holds the deadline of the request that is being made, in seconds of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._not_after = math.inf
        self._name = ""

    @contextmanager
    def of(self, name: str, not_after: float | None) -> Iterator[None]:
        """Set the deadline of the request made within, which errors show as ``name``; ``None`` for no deadline."""
        self._name, self._not_after = name, math.inf if not_after is None else not_after
        try:
            yield
        finally:
            self._not_after = math.inf

    def check(self) -> None:
        """Raise :class:`~ovh_sms.errors.DeadlineMissed` if the deadline has passed."""
        if self._clock.monotonic() > self._not_after:
            raise DeadlineMissed(
                f"{self._name} missed its deadline: keys, turn or connection were not ready in time. "
                "OVH received nothing.",
                action="Try again. If it happens often, run fewer tasks at once and check this machine's network.",
            )
