"""OVH's time, independent of this machine's wall clock: read once without keys, and again when a clock was set."""

from __future__ import annotations

from ovh_sms.api.answer import Answer, read_json
from ovh_sms.api.calls import Call
from ovh_sms.clock import Clock

#: Seconds by which this machine's two clocks may drift apart before OVH is asked again. Well kept clocks drift
#: slowly; a clock that is set makes a jump, and so does a sleep that the monotonic clock does not count.
MOST_DRIFT = 2.0

TIME_CALL = Call("GET", "/auth/time")


class OvhTime:
    """Derives OVH's time from its last answer and this machine's monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ovh: int | None = None
        self._monotonic = 0.0
        self._wall = 0.0

    def is_known(self) -> bool:
        """Whether OVH answered, and no clock of this machine has made a jump since."""
        return self._ovh is not None and abs(self._wall_passed() - self._passed()) <= MOST_DRIFT

    def learn(self, answer: Answer) -> None:
        """Take OVH's answer: whole seconds since 1970."""
        self._ovh = read_json(int, answer)
        self._monotonic, self._wall = self._clock.monotonic(), self._clock.now().timestamp()

    def forget(self) -> None:
        """Have OVH asked again, because it refused the time."""
        self._ovh = None

    def now(self) -> float:
        """Return OVH's time in seconds since 1970: at most some seconds early, and never late."""
        return (self._ovh or 0) + self._passed()

    def _passed(self) -> float:
        return self._clock.monotonic() - self._monotonic

    def _wall_passed(self) -> float:
        return self._clock.now().timestamp() - self._wall
