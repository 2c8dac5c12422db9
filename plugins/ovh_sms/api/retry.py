"""Repeats a read: when, and after how many seconds. Writes never come here."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ovh_sms.clock import Clock
from ovh_sms.errors import ApiError, RateLimited
from ovh_sms.metrics import RETRY_WAIT

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """Limits for repeating a read.

    :param total_seconds: no further try starts after this time.
    :param first_wait: seconds before the second try, before jitter; doubled each time.
    :param longest_wait: most seconds between two tries, unless OVH asks for more by Retry-After.
    """

    total_seconds: float = 120.0
    first_wait: float = 1.0
    longest_wait: float = 30.0


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call may succeed later and was certainly not executed."""
    return isinstance(error, ApiError) and error.is_retryable and error.was_executed is False


def seconds_to_wait(attempt: int, error: BaseException | None, policy: RetryPolicy, *, jitter: float) -> float:
    """Return the seconds before the next try: as OVH asked and up to a tenth more, else half to all of a doubled wait.

    :param attempt: tries made so far, from 1.
    :param error: error of the last try; a rate limit may carry the seconds that OVH asked for.
    :param jitter: random number from 0 to 1, so that many tasks do not come back at the same moment.
    """
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after * (1 + jitter / 10)
    doubled = policy.first_wait * 2.0 ** min(attempt - 1, 30)
    return min(doubled, policy.longest_wait) * (0.5 + jitter / 2)


def retry_after_seconds(header: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date, as seconds from now; ``None`` if it is missing or unusable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def call_with_retries(
    attempt: Callable[[], T], *, name: str, policy: RetryPolicy, clock: Clock, waited: Callable[[], float] = lambda: 0.0
) -> T:
    """Repeat a read until it succeeds, OVH refuses it, or the time is over; then raise the last error.

    :param waited: gives the seconds that were waited for turns so far; they do not count.
    """
    import tenacity

    start = clock.monotonic() - waited()

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return seconds_to_wait(state.attempt_number, error, policy, jitter=random.random())

    def stop(state: tenacity.RetryCallState) -> bool:
        return clock.monotonic() - waited() - start + state.upcoming_sleep >= policy.total_seconds

    def report(state: tenacity.RetryCallState) -> None:
        log.info("retrying call=%r try=%d wait_s=%.1f", name, state.attempt_number, state.upcoming_sleep)
        error = state.outcome.exception() if state.outcome else None
        reason = "rate_limited" if isinstance(error, RateLimited) else "unavailable"
        RETRY_WAIT.record(state.upcoming_sleep, reason=reason)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_worth_retrying),
        wait=wait,
        stop=stop,
        before_sleep=report,
        sleep=clock.sleep,
        reraise=True,
    )
    return retrying(attempt)
