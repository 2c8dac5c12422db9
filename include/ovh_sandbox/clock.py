"""Two clocks: the real one for signatures, a simulated one, which can run fast, for the world of messages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Clock:
    """Simulated time: ``world`` at the real moment ``real``, running ``speed`` times as fast from there.

    Both are seconds since 1970 (speed: simulated seconds per real second). ``offset`` is how many seconds the server's
    clocks are wrong: what it tells as the time and what it dates are off by as much.
    """

    real: float
    world: float
    speed: float
    offset: float = 0.0

    def now(self) -> float:
        """The simulated moment, in seconds since 1970."""
        return self.world + (time.time() - self.real) * self.speed + self.offset

    def server_time(self) -> float:
        """What the server takes for the real moment, in seconds since 1970: signatures are checked against it."""
        return time.time() + self.offset

    @staticmethod
    def real_time() -> float:
        """The real moment, in seconds since 1970."""
        return time.time()

    def moved(
        self, *, advance: float = 0.0, speed: float | None = None, offset: float | None = None
    ) -> Clock:
        """The same clock set forward, running at another speed or wrong by another offset from now on."""
        return Clock(
            time.time(),
            self.now() - self.offset + advance,
            self.speed if speed is None else speed,
            self.offset if offset is None else offset,
        )


def iso(moment: float) -> str:
    """A moment as OVH writes it: whole seconds, Paris offset."""
    return datetime.fromtimestamp(int(moment), PARIS).isoformat()


def iso_or_none(moment: float | None) -> str | None:
    """A moment as OVH writes it, or null."""
    return None if moment is None else iso(moment)


def plain(moment: float | None) -> str:
    """A moment as it stands in an exported document: no offset, Paris time; empty when there is none."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(int(moment), PARIS).strftime("%Y-%m-%d %H:%M:%S")


def utc_iso(moment: float) -> str:
    """A moment in UTC, for the control side."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def parse(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 text; one without offset is Paris time.

    :raises ValueError: when the text is no date.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).timestamp()
