"""OVH's time, whatever this machine takes for the time: asked once, without keys, and again when a clock was set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ovh_sms.api.answers import Answer, UnreadableAnswerError
from ovh_sms.api.calls import Call

if TYPE_CHECKING:
    import requests

#: Seconds by which this machine's two clocks may drift apart before OVH is asked again. Clocks that are kept right
#: drift slowly; one that is set, or a machine that slept, makes a jump.
MOST_DRIFT = 2.0


class OvhClock:
    """Tells OVH's time from when it was asked, by this machine's steady clock.

    :param base_url: address of OVH's API.
    :param timeout: seconds to connect, and seconds to wait for each piece of the answer.
    """

    question = Call("GET", "/auth/time")

    def __init__(self, base_url: str, session: requests.Session, timeout: tuple[float, float]) -> None:
        self._base_url = base_url
        self._session = session
        self._timeout = timeout
        self._told: float | None = None
        self._steady = 0.0
        self._wall = 0.0

    def is_known(self) -> bool:
        """Whether OVH's time is known, and this machine was neither put to sleep nor its clock set since."""
        return self._told is not None and abs(self._wall_passed() - self._passed()) <= MOST_DRIFT

    def ask(self) -> requests.Response:
        """Ask for the time, unsigned: OVH tells it to everybody."""
        return self._session.get(self._base_url + self.question.path, timeout=self._timeout)

    def learn(self, answer: Answer) -> None:
        """Take the answer: whole seconds since 1970."""
        moment = answer.json()
        if isinstance(moment, bool) or not isinstance(moment, int):
            raise UnreadableAnswerError("the time is no whole number")
        self._told, self._steady, self._wall = float(moment), time.monotonic(), time.time()

    def forget(self) -> None:
        """Have OVH asked again: it says that the time is wrong."""
        self._told = None

    def now(self) -> float:
        """OVH's time in seconds since 1970: at most some seconds early, for the way of the answer, and never late."""
        return (0.0 if self._told is None else self._told) + self._passed()

    def _passed(self) -> float:
        return time.monotonic() - self._steady

    def _wall_passed(self) -> float:
        return time.time() - self._wall
