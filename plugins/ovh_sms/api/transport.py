"""Every call of every part goes through here: paced, proven, sent, understood. Reads may repeat, writes may not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ovh_sms.api.answers import Answer
from ovh_sms.api.calls import Call
from ovh_sms.api.clock import OvhClock
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.mapping import error_from_answer, error_from_exception, error_from_unreadable
from ovh_sms.api.pacing import TokenBucket
from ovh_sms.api.retry import RetryPolicy, call_with_retries
from ovh_sms.api.session import Deadline, open_session
from ovh_sms.api.signing import Signer, open_signer
from ovh_sms.errors import AuthenticationError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

log = logging.getLogger(__name__)

#: For each address of OVH's name. A deadline does not rest on it: the clock is looked at when the connection is made.
CONNECT_SECONDS = 10.0


class Transport:
    """Sends calls to OVH for one task. Opens nothing until the first call; not for several threads.

    :param credentials: who calls, and where.
    :param calls_per_minute: most calls in any 60 seconds.
    :param pacing_file: shares that limit with all clients that name the same file.
    :param read_timeout: seconds to wait for each piece of an answer.
    :param policy: how long a read is tried.
    :param sleep: waits a number of seconds.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        calls_per_minute: int,
        read_timeout: float,
        policy: RetryPolicy,
        pacing_file: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.credentials = credentials
        self.sleep = sleep
        self._policy = policy
        self._timeout = (CONNECT_SECONDS, read_timeout)
        self._bucket = TokenBucket(calls_per_minute, shared=pacing_file, sleep=sleep)
        self._deadline = Deadline()
        self._session: requests.Session | None = None
        self._signer: Signer | None = None
        self._time: OvhClock | None = None

    def request(self, call: Call, read: Callable[[Answer], T], *, not_after: float | None = None) -> T:
        """Make one call and read its answer.

        :param call: what is asked. A read is tried again where OVH was away; a write is one HTTP request;
            a second one is made only where OVH refused the first because of the time that was signed.
        :param read: takes what is wanted from a 2xx answer; a ``ValueError`` of its means that it cannot be read.
        :param not_after: for a write, the last moment at which it may be handed to the network, in seconds of
            :func:`time.monotonic`. Keys, turn, connection and encryption are ready when the clock is looked at.
        :raises ovh_sms.errors.DeadlineMissed: the moment was past; nothing was handed to OVH.
        :raises ovh_sms.errors.RateLimited: too many calls, or a write that waited too long for its turn: not made.
        :raises ovh_sms.errors.OutcomeUnknown: for a write that may have been executed.
        :raises ovh_sms.errors.AuthenticationError: OVH does not accept the keys, or twice the time.
        :raises ovh_sms.errors.ApiError: for everything else that went wrong.
        """
        signer = self._ready_signer()
        try:
            return self._made(call, signer, read, not_after)
        except AuthenticationError as error:
            if not (error.out_of_time and signer.tells_time):
                raise
        # Refused before anything was done, so a write may go out now; the second refusal is final.
        log.warning("%s: OVH's time is another than was signed; it is asked for again", call.shown)
        self._clock().forget()
        return self._made(call, self._ready_signer(), read, not_after)

    @property
    def session(self) -> requests.Session:
        """The HTTP session, opened at first use."""
        if self._session is None:
            self._session = open_session(
                use_environment=not self.credentials.is_sandbox, before_sending=self._deadline.look
            )
        return self._session

    def time(self) -> datetime:
        """OVH's time. It is asked for once, unsigned, and again when this machine's clock was set."""
        clock = self._known_clock()
        return datetime.fromtimestamp(clock.now(), UTC)

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._session.close()

    def _made(self, call: Call, signer: Signer, read: Callable[[Answer], T], not_after: float | None) -> T:
        if not call.is_write:
            return self._retried(call, lambda: signer.send(call), read)
        # A kept-alive connection may be closed by OVH at the very moment it is used, and that looks like a lost
        # answer. A write therefore takes a connection of its own.
        self.session.close()
        return self._once(call, lambda: self._in_time(signer, call, not_after), read)

    def _ready_signer(self) -> Signer:
        if self._signer is None:
            self._signer = open_signer(self.credentials, self.session, self._timeout, self._clock())
        signer = self._signer
        if not signer.is_ready():
            self._retried(signer.question, signer.ask, signer.learn)
        return signer

    def _clock(self) -> OvhClock:
        if self._time is None:
            self._time = OvhClock(self.credentials.base_url(), self.session, self._timeout)
        return self._time

    def _known_clock(self) -> OvhClock:
        clock = self._clock()
        if not clock.is_known():
            self._retried(clock.question, clock.ask, clock.learn)
        return clock

    def _in_time(self, signer: Signer, call: Call, not_after: float | None) -> requests.Response:
        with self._deadline.of(call.shown, not_after):
            self._deadline.look()  # else it would connect in vain
            return signer.send(call)

    def _retried(self, call: Call, send: Callable[[], requests.Response], read: Callable[[Answer], T]) -> T:
        return call_with_retries(
            lambda: self._once(call, send, read), name=call.shown, policy=self._policy, sleep=self.sleep
        )

    def _once(self, call: Call, send: Callable[[], requests.Response], read: Callable[[Answer], T]) -> T:
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        self._bucket.acquire(write=call.is_write)
        try:
            response = send()
        except (RequestException, HTTPError, OSError) as error:
            # The cause is cut off: its text holds the whole address, with numbers or signatures.
            raise error_from_exception(call, error, address=self._address()) from None
        answer = Answer(response.status_code, response.headers, response.content)
        if not 200 <= answer.status < 300:
            raise error_from_answer(
                call, status=answer.status, headers=answer.headers, content=answer.content
            ) from None
        try:
            return read(answer)
        except ValueError as error:
            query_id = answer.headers.get("X-OVH-QUERYID")
            raise error_from_unreadable(call, error, status=answer.status, query_id=query_id) from None

    def _address(self) -> str:
        return f"OVH at {urlsplit(self.credentials.base_url()).netloc} ({self.credentials.endpoint})"
