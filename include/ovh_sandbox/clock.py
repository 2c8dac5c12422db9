"""Two clocks: the real one for signatures, a simulated one, which can run fast, for the world of messages."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Clock:
    """Simulated time: ``world`` at the real moment ``real``, running ``speed`` times as fast from there.

    All in seconds (since 1970). All clocks of the server are ``offset`` seconds wrong.
    """

    real: float
    world: float
    speed: float
    offset: float = 0.0

    def now(self) -> float:
        """The simulated moment."""
        return self.world + (time.time() - self.real) * self.speed + self.offset

    def server_time(self) -> float:
        """The real moment by the server's clock; signatures are checked against it."""
        return time.time() + self.offset

    def moved(
        self, *, advance: float | None = None, speed: float | None = None, offset: float | None = None
    ) -> "Clock":
        """Set the clock forward, change its speed, or its offset."""
        return Clock(
            time.time(),
            self.now() - self.offset + (advance or 0.0),
            self.speed if speed is None else speed,
            self.offset if offset is None else offset,
        )


def whole(value: float) -> float:
    """Make a whole number an integer, as OVH writes it."""
    return int(value) if value == int(value) else value


def iso(moment: float) -> str:
    """Write a moment as OVH does: whole seconds, Paris offset."""
    return datetime.fromtimestamp(int(moment), PARIS).isoformat()


def iso_or_none(moment: float | None) -> str | None:
    """Write a moment as OVH does, or null."""
    return None if moment is None else iso(moment)


def plain(moment: float | None) -> str:
    """Write a moment as in an exported document: Paris time without offset, or nothing."""
    return "" if moment is None else f"{datetime.fromtimestamp(int(moment), PARIS):%Y-%m-%d %H:%M:%S}"


def utc_iso(moment: float) -> str:
    """Write a moment in UTC, for the control side."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def parse(text: str) -> float:
    """Read an ISO 8601 text; without offset it is Paris time. Raises a ValueError if it is no date."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).timestamp()
