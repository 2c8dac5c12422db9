"""Waits for the turn of each call: one queue for all processes and hosts that use one key."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.retry import retry_after_seconds
from ovh_sms.api.turn_queue import CallClass, Place, TurnQueue
from ovh_sms.clock import Clock
from ovh_sms.errors import OvhSmsError, RateLimited

T = TypeVar("T")

#: A longer pause that OVH asks for is not waited for by a task that holds its worker meanwhile.
LONGEST_HOLD_SECONDS = 60.0

#: Longest wait of a write. A submission that was claimed a while ago must not go out at any later time.
WRITE_WAIT_SECONDS = 30.0

#: A wait as long as this is logged, and again after each further minute.
LOGGED_WAIT_SECONDS, LOG_AGAIN_SECONDS = 5.0, 60.0

#: Seconds until a shared queue that could not be used is tried again.
ALONE_SECONDS = 60.0

log = logging.getLogger(__name__)


class SharedQueue(Protocol):
    """The stored queue of one key, which many processes change one after the other."""

    def change(self, step: Callable[[Mapping[str, Any] | None, float], tuple[dict[str, Any], T]]) -> T:
        """Change the queue.

        :param step: gets the stored queue, ``None`` for a new one, and the time in seconds; returns the queue to store
            and a result. It takes no time: nobody waits for a turn within it.
        :returns: the result.
        :raises OvhSmsError: the queue cannot be used; or an ``OSError``.
        """


class Turns:
    """The turns of one client's calls. Not for several threads.

    :param limits: calls per minute of the key, the same for all that share the queue.
    :param call_class: the purpose of all calls of this client.
    :param shared: the queue; if there is none, or it cannot be used, this client keeps to the limits by itself.
    :param on_turn: called with the seconds that a call has waited.
    """

    def __init__(
        self,
        limits: CallLimits,
        *,
        clock: Clock,
        call_class: CallClass = CallClass.WRITE,
        shared: SharedQueue | None = None,
        on_turn: Callable[[float], object] | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._class = call_class
        self._shared = shared
        self._alone_until = -float("inf")
        self._has_warned = False
        self._own: dict[str, Any] | None = None
        self._on_turn = on_turn
        #: Seconds waited for all turns so far.
        self.waited_seconds = 0.0
        self._taken_at = 0.0
        self._answered = 0

    def take(self, *, write: bool = False) -> float:
        """Wait for the turn of a call, and count it.

        :param write: whether the call changes something at OVH; it does not wait for long.
        :returns: the seconds that it has waited.
        :raises RateLimited: OVH asked for a long pause, or it was not the turn of a write of a task that sends within
            :data:`WRITE_WAIT_SECONDS`; it was not made.
        """
        name, start, log_at = secrets.token_hex(6), self._clock.monotonic(), 0.0
        while True:
            waited = self._clock.monotonic() - start
            place = self._ask(name, write=write, waited=waited)
            if place.is_turn:
                break
            if place.held > LONGEST_HOLD_SECONDS:
                self._change(lambda queue: queue.leave(name))
                raise RateLimited(
                    f"OVH asked for a pause of {place.held:.0f} s more. It was not called.",
                    retry_after=place.held,
                    action="Try again then; lower Calls per minute of the connection if it happens often.",
                )
            # A claim has a deadline; the withdrawal of a message has none.
            if write and self._class is CallClass.WRITE and waited + place.expected > WRITE_WAIT_SECONDS:
                self._change(lambda queue: queue.leave(name))
                raise RateLimited(
                    f"It is not this call's turn within {WRITE_WAIT_SECONDS:.0f} s: the calls per minute of this key "
                    f"are used up, and {place.ahead} calls are ahead. OVH was not called.",
                    retry_after=place.expected,
                    action="Run fewer tasks at once, or raise Calls per minute of the connection.",
                )
            if waited >= log_at and waited + place.expected > LOGGED_WAIT_SECONDS:
                log_at = waited + LOG_AGAIN_SECONDS
                log.info(
                    "waits for its turn at OVH: %.0f s so far, about %.0f s more; %d calls are ahead, %d of them of "
                    "tasks that send",
                    *(waited, place.expected, place.ahead, place.ahead_writers),
                )
            self._clock.sleep(place.again_in)
        self._taken_at = place.at
        self.waited_seconds += waited
        if self._on_turn is not None:
            self._on_turn(waited)
        return waited

    def note_answer(self, status: int, retry_after: str | None, *, write: bool) -> None:
        """Learn from OVH's answer to the last call: reads raise the rate of the key, a 429 halves it.

        :param retry_after: header of the answer.
        """
        if status == 429:
            seconds = retry_after_seconds(retry_after, now=self._clock.now())
            self._change(lambda queue: queue.refuse(taken_at=self._taken_at, retry_after=seconds))
        elif not write and status < 500:
            self._answered += 1

    def _ask(self, name: str, *, write: bool, waited: float) -> Place:
        answered, self._answered = self._answered, 0
        return self._change(lambda queue: queue.ask(name, self._class, write=write, waited=waited, answered=answered))

    def _change(self, action: Callable[[TurnQueue], T]) -> T:
        def step(stored: Mapping[str, Any] | None, now: float) -> tuple[dict[str, Any], T]:
            queue = TurnQueue.restore(stored, self._limits, now)
            result = action(queue)
            return queue.stored(), result

        if self._shared is not None and self._clock.monotonic() >= self._alone_until:
            try:
                result = self._shared.change(step)
                self._own = {}  # many clients that lose the queue at once begin without a burst
                return result
            except (OvhSmsError, OSError) as error:
                self._alone_until = self._clock.monotonic() + ALONE_SECONDS
                if not self._has_warned:
                    self._has_warned = True
                    log.warning("Calls per minute are counted for this task alone, for now. %s", error)
        self._own, result = step(self._own, self._clock.monotonic())
        return result
