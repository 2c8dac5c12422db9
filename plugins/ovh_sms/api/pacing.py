"""Paces calls: all tasks that use one key together stay within the calls per minute of its connection."""

from __future__ import annotations

import fcntl
import logging
import math
import os
import struct
from pathlib import Path

from ovh_sms.clock import Clock
from ovh_sms.errors import RateLimited
from ovh_sms.private_files import private_folder

#: Calls are spread over a little more than a minute, because calls take different times to reach OVH.
PERIOD_SECONDS = 61.0

#: Longest wait of a write. A submission that was claimed a while ago must not go out at any later time.
WRITE_WAIT_SECONDS = 30.0

_NO_WAIT = 1e-6
_STORED = struct.Struct("<d")
_log = logging.getLogger(__name__)


class TokenBucket:
    """Spread calls so that no 60 seconds hold more of them than allowed.

    A short burst passes at once (a sixth of the calls of a minute), then calls are spaced evenly. The burst is
    taken off the rate, so burst and refill together stay within the limit. Reads leave the last call to a write, so
    that a submission does not queue behind tasks that poll.

    All processes that name the same file share the limit. The file holds one number, the moment at which the bucket
    is full again. It is locked for some microseconds at a time and never during a wait, so a task that is killed or
    paused blocks no other. If the file cannot be used, the limit holds for this client alone.

    :param calls_per_minute: most calls in any 60 seconds, at least 1.
    :param shared: the file; it and its folder are made if they are missing.
    :param clock: its wall clock counts with a file, as all processes share it; else its monotonic clock.
    """

    def __init__(self, calls_per_minute: int, *, clock: Clock, shared: Path | None = None) -> None:
        self.calls_per_minute = calls_per_minute
        self.burst = max(1, calls_per_minute // 6)
        allowed = calls_per_minute if self.burst == 1 else calls_per_minute - self.burst
        self.per_second = allowed / PERIOD_SECONDS
        self._shared = shared
        self._clock = clock
        self._uses_wall_clock = shared is not None
        self._full_at = -math.inf

    def acquire(self, *, write: bool = False) -> float:
        """Wait until one more call is allowed, and count it.

        :param write: whether the call changes something: it goes ahead of reads, and does not wait for long.
        :raises RateLimited: the write was not allowed within :data:`WRITE_WAIT_SECONDS`; it was not made.
        """
        waited = 0.0
        while (wait := self._take(write)) > _NO_WAIT:
            if write and waited + wait > WRITE_WAIT_SECONDS:
                raise RateLimited(
                    f"The {self.calls_per_minute} calls per minute of this key are used up. OVH was not called.",
                    retry_after=wait,
                    action="Run fewer tasks at once, or raise Calls per minute of the connection.",
                )
            self._clock.sleep(wait)
            waited += wait
        return waited

    def _take(self, write: bool) -> float:
        """Count a call if one is allowed now; else return the seconds until one may be."""
        if self._shared is not None:
            try:
                return self._take_shared(self._shared, write)
            except OSError as error:
                _log.warning(
                    "Calls per minute are counted for this task alone: %s cannot be used (%s). Give the users and "
                    "machines that run tasks the same data folder, and the right to write there.",
                    self._shared,
                    error.strerror,
                )
                self._shared = None
        wait, self._full_at = self._after_one_more(self._full_at, write)
        return wait

    def _take_shared(self, file: Path, write: bool) -> float:
        descriptor = _open(file)
        try:
            # Closing releases the lock, and so does the end of this process.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            wait, full_at = self._after_one_more(_stored(descriptor), write)
            # Written even if this call has to wait: after the clock was set back, waiting counts from the new time.
            os.pwrite(descriptor, _STORED.pack(full_at), 0)
            return wait
        finally:
            os.close(descriptor)

    def _after_one_more(self, full_at: float, write: bool) -> tuple[float, float]:
        """Return the seconds until one more call is allowed, and the moment at which the bucket is full after it."""
        now = self._clock.now().timestamp() if self._uses_wall_clock else self._clock.monotonic()
        # Later than an empty bucket takes to fill: the clock was set back. The bucket counts as empty.
        full_at = min(max(full_at, now), now + self.burst / self.per_second)
        left_over = 0 if write or self.burst == 1 else 1
        wait = full_at - now - (self.burst - 1 - left_over) / self.per_second
        return (wait, full_at) if wait > _NO_WAIT else (0.0, full_at + 1 / self.per_second)


def _open(file: Path) -> int:
    # Opened for each call, so that a deleted file is made again at the next one.
    flags = os.O_RDWR | os.O_CREAT
    try:
        return os.open(file, flags, 0o600)
    except FileNotFoundError:
        private_folder(file.parent)
        return os.open(file, flags, 0o600)


def _stored(descriptor: int) -> float:
    content = os.pread(descriptor, _STORED.size + 1, 0)
    if not content:
        return -math.inf
    if len(content) != _STORED.size:
        os.ftruncate(descriptor, 0)  # not ours: it counts as an empty bucket, and is rewritten
        return math.inf
    (full_at,) = _STORED.unpack(content)
    return math.inf if math.isnan(full_at) else full_at
