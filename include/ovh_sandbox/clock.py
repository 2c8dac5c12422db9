"""Two clocks: the machine's one for signatures, a simulated one, which can run fast, for the world of messages."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Clock:
    """Simulated time: ``world`` at the real moment ``real``, running ``speed`` times as fast from there.

    All in seconds (since 1970). All clocks of the server are ``offset`` seconds wrong. The machine itself is ``leapt``
    seconds ahead at the moment ``real``; from there its seconds pass ``pace`` times as fast.
    """

    real: float
    world: float
    speed: float
    offset: float = 0.0
    leapt: float = 0.0
    pace: float = 1.0

    def now(self) -> float:
        """The simulated moment."""
        return self.world + self._passed() * self.speed + self.offset

    def machine(self) -> float:
        """The real moment, with the seconds that were leapt."""
        return self.real + self.leapt + self._passed()

    def server_time(self) -> float:
        """The machine's moment by the server's clock; signatures are checked against it."""
        return self.machine() + self.offset

    def moved(
        self,
        *,
        advance: float = 0.0,
        leap: float = 0.0,
        speed: float | None = None,
        offset: float | None = None,
        pace: float | None = None,
    ) -> "Clock":
        """Set the clock or the whole machine forward, change its speed, its offset or the machine's pace."""
        real = time.time()
        return Clock(
            real,
            self.now() - self.offset + leap * self.speed + advance,
            self.speed if speed is None else speed,
            self.offset if offset is None else offset,
            self.machine() - real + leap,
            self.pace if pace is None else pace,
        )

    def _passed(self) -> float:
        return (time.time() - self.real) * self.pace


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
