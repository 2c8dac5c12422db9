"""When a read is tried again, and after how long. Writes never come here."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ovh_sms.errors import RateLimited, Unavailable

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """How long a read is tried.

    :param total_seconds: after this long no further try starts.
    :param first_wait: seconds before the second try, before jitter; doubled each time.
    :param longest_wait: most seconds between two tries, unless OVH asks for more by Retry-After.
    """

    total_seconds: float = 120.0
    first_wait: float = 1.0
    longest_wait: float = 30.0


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same read may work in a while: only where OVH was away, overloaded or unreadable."""
    return isinstance(error, Unavailable)


def seconds_to_wait(
    attempt: int, error: BaseException | None, policy: RetryPolicy, *, jitter: float
) -> float:
    """Seconds before the next try.

    :param attempt: tries made so far, from 1.
    :param error: why the last one failed; a rate limit may carry the seconds OVH asked for.
    :param policy: the limits.
    :param jitter: random number from 0 to 1, so that many tasks do not come back at the same moment.
    :returns: what OVH asked for and up to a tenth more, else between a half and the whole of the doubled wait.
    """
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after * (1 + jitter / 10)
    doubled = policy.first_wait * 2.0 ** min(attempt - 1, 30)
    return min(doubled, policy.longest_wait) * (0.5 + jitter / 2)


def retry_after_seconds(header: str | None, *, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds, or a date.

    :param header: the header's text, or ``None``.
    :param now: the present moment, aware.
    :returns: seconds from now, never below 0, or ``None`` where nothing usable is said.
    """
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
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def call_with_retries(
    attempt: Callable[[], T],
    *,
    name: str,
    policy: RetryPolicy,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Try a read until it works, OVH refuses it, or the time is over.

    :param attempt: makes one try.
    :param name: the call as it may be shown in a log.
    :param policy: the limits.
    :param sleep: waits a number of seconds.
    :raises ovh_sms.errors.ApiError: the last try's error.
    """
    import tenacity

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return seconds_to_wait(state.attempt_number, error, policy, jitter=random.random())

    def tell(state: tenacity.RetryCallState) -> None:
        log.info("%s: no answer at try %d, again in %.1f s", name, state.attempt_number, state.upcoming_sleep)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_worth_retrying),
        wait=wait,
        stop=tenacity.stop_before_delay(policy.total_seconds),
        before_sleep=tell,
        sleep=sleep,
        reraise=True,
    )
    return retrying(attempt)
