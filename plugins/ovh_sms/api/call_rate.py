"""The calls per minute of one key: raised slowly while OVH answers, halved by a 429. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

#: Calls are spread over a little more than a minute, because calls take different times to reach OVH.
PERIOD_SECONDS = 61.0

#: Factor of one minute, if all of the rate was used: beyond the rate to start with, and back to it after a 429.
STEP, STEP_BACK = 1.05, 1.1

#: Part of the rate to start with that remains after any number of 429.
LEAST_PART = 0.1

#: Longest pause that OVH's Retry-After is believed.
MOST_HOLD_SECONDS = 3600.0


@dataclass(frozen=True)
class CallLimits:
    """The bounds of one key.

    :param start: calls in any 60 seconds to start with, at least 1: OVH accepts them by its own statement.
    :param most: calls in any 60 seconds that the rate may reach; ``start`` for a fixed one.
    """

    start: int
    most: int

    @property
    def burst(self) -> int:
        """Calls that may go out at once: a sixth of a minute's, taken off the rate."""
        return max(1, self.start // 6)

    @property
    def base(self) -> int:
        """Calls per period beside the burst, to start with."""
        return self.start if self.burst == 1 else self.start - self.burst

    @property
    def highest(self) -> int:
        """Calls per period beside the burst that the rate may reach."""
        return self.base + max(0, self.most - self.start)


@dataclass(frozen=True)
class Bucket:
    """Calls that may go out: some at once, then evenly.

    :param size: calls that a full bucket holds.
    :param per_second: calls that are added.
    """

    size: float
    per_second: float

    @property
    def fill_seconds(self) -> float:
        """Time in which an empty bucket becomes full."""
        return self.size / self.per_second

    def wait(self, full_at: float, now: float, number: float) -> float:
        """Return the seconds until a bucket that is full at a moment holds a number of calls, counted from 1."""
        return max(full_at, now) - now - (self.size - number) / self.per_second


@dataclass(frozen=True)
class RateState:
    """The rate as it is stored; moments in seconds of the clock that all users share.

    :param start: the limit that it was made for.
    :param per_period: calls beside the burst.
    :param proved: calls in one period that OVH lately took without a 429.
    :param trusted: calls in one period that count as proved in any case: those to start with, until a 429.
    :param full_at: when the bucket of all calls is full; ``proved_full_at`` likewise, counted at the proved rate.
    :param hold_until: nothing goes before it, as OVH asked.
    :param halved_at: when the rate was last halved; a 429 to an earlier call changes it no more.
    :param period_from: start of the period that is being counted: calls ``made``, and reads ``answered``.
    """

    start: int
    per_period: float
    proved: float
    trusted: float
    full_at: float
    proved_full_at: float
    hold_until: float
    halved_at: float
    period_from: float
    made: int
    answered: int


class CallRate:
    """Says when the next call may go, at a rate that OVH itself confirms.

    Reads use the rate. It is at most a step more than what OVH took in the last period, so it rises only while it is
    really used. A write uses the proved part alone: a read finds the limit, never a POST.
    """

    def __init__(self, limits: CallLimits, now: float, stored: Mapping[str, float] | None = None) -> None:
        self._limits = limits
        if stored is None:
            self._state = RateState(
                limits.start, limits.base, 0.0, limits.base, now, now, now, now - PERIOD_SECONDS, now, 0, 0
            )
            return
        state = RateState(**stored)  # type: ignore[arg-type]
        # Another number in the connection: what OVH taught stays in proportion.
        part = limits.start / state.start
        rate = min(max(state.per_period * part, self._least), limits.highest)
        state = replace(state, start=limits.start, per_period=rate, trusted=min(state.trusted * part, limits.base))
        self._state = state
        self._state = replace(
            state,
            full_at=min(state.full_at, now + self._bucket.fill_seconds),
            hold_until=min(state.hold_until, now + MOST_HOLD_SECONDS),
        )

    def stored(self) -> dict[str, float]:
        """Return the state to store."""
        return asdict(self._state)

    @property
    def per_second(self) -> float:
        """Calls per second, beside the burst."""
        return self._bucket.per_second

    @property
    def limit(self) -> float:
        """Most calls in any 60 seconds at this rate."""
        return self._state.per_period + (0 if self._limits.burst == 1 else self._bucket.size)

    @property
    def proved_limit(self) -> float:
        """Most calls in any 60 seconds before a write."""
        bucket = self._proved_bucket
        return bucket.per_second * PERIOD_SECONDS + (0 if self._limits.burst == 1 else bucket.size)

    def wait(self, now: float, number: int, *, write: bool, leaves_one: bool) -> float:
        """Return the seconds until a call may go, 0 or less for now.

        :param number: 1 for the next call, 2 for the one after it.
        :param leaves_one: whether it leaves the last call of the bucket to a write.
        """
        state, bucket = self._state, self._bucket
        spare = 1 if leaves_one and bucket.size >= 2 else 0
        waits = [state.hold_until - now, bucket.wait(state.full_at, now, number + spare)]
        if write:
            waits.append(self._proved_bucket.wait(state.proved_full_at, now, number))
        return max(waits)

    def held(self, now: float) -> float:
        """Return the seconds for which OVH wants no call."""
        return max(0.0, self._state.hold_until - now)

    def take(self, now: float) -> None:
        """Count a call that goes now."""
        state = self._state
        self._state = replace(
            state,
            full_at=max(state.full_at, now) + 1 / self._bucket.per_second,
            proved_full_at=max(state.proved_full_at, now) + 1 / self._proved_bucket.per_second,
            made=state.made + 1,
        )

    def count_answered(self, reads: int) -> None:
        """Count reads that OVH answered."""
        self._state = replace(self._state, answered=self._state.answered + reads)

    def adapt(self, now: float) -> None:
        """Close the period that is being counted, if it is over: the rate rises if it was used, and fades if not."""
        state, limits = self._state, self._limits
        age = now - state.period_from
        if age < PERIOD_SECONDS:
            return
        # An OVH that answers next to nothing proves nothing.
        used = state.made * PERIOD_SECONDS / age if 2 * state.answered >= state.made else 0.0
        proved = max(used, state.proved * STEP ** (-age / PERIOD_SECONDS))
        rate = state.per_period
        step = STEP if rate >= limits.base else STEP_BACK
        if proved * step > rate:
            rate = min(proved * step, rate * step, limits.highest)
        elif rate > limits.base:
            rate = max(proved * step, limits.base)
        self._state = replace(
            state,
            per_period=rate,
            proved=proved,
            trusted=min(max(state.trusted, proved), limits.base),
            period_from=now,
            made=0,
            answered=0,
        )
        # The reads of the last period went ahead of the proof, which they are now.
        latest = now + self._proved_bucket.fill_seconds
        self._state = replace(self._state, proved_full_at=min(state.proved_full_at, latest))

    def refuse(self, now: float, *, taken_at: float, retry_after: float | None) -> None:
        """Halve the rate after a 429, and let nothing go before OVH's Retry-After.

        :param taken_at: when the refused call got its turn: of several that were under way one counts.
        """
        state = self._state
        hold = max(state.hold_until, now + min(retry_after or 0.0, MOST_HOLD_SECONDS))
        self._state = replace(state, hold_until=hold, period_from=now, made=0, answered=0)
        if taken_at <= state.halved_at:
            return
        rate = max(self._least, state.per_period / 2)
        proved, trusted = min(state.proved, rate), min(state.trusted, rate)
        self._state = replace(self._state, per_period=rate, proved=proved, trusted=trusted, halved_at=now)
        self.use_up(now)

    def use_up(self, now: float) -> None:
        """Empty the buckets: the next call must wait."""
        full, proved_full = now + self._bucket.fill_seconds, now + self._proved_bucket.fill_seconds
        self._state = replace(self._state, full_at=full, proved_full_at=proved_full)

    @property
    def _least(self) -> float:
        return LEAST_PART * self._limits.base

    @property
    def _bucket(self) -> Bucket:
        rate = self._state.per_period
        size = self._limits.burst if rate >= self._limits.base else max(1, min(self._limits.burst, int(rate / 5)))
        return Bucket(size, rate / PERIOD_SECONDS)

    @property
    def _proved_bucket(self) -> Bucket:
        bucket, limits, state = self._bucket, self._limits, self._state
        rate = min(state.per_period, max(state.trusted, state.proved))
        size = bucket.size if state.per_period <= limits.base else min(bucket.size, limits.start - rate)
        return Bucket(max(1.0, size), rate / PERIOD_SECONDS)
