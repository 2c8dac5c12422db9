"""Sends every call to OVH: in its turn, proved, sent, understood. Reads may be repeated, writes may not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ovh_sms.api.answer import Answer, read_json
from ovh_sms.api.calls import Call
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.deadline import Deadline
from ovh_sms.api.error_mapping import error_from_answer, error_from_exception, error_from_unreadable
from ovh_sms.api.ovh_time import TIME_CALL, OvhTime
from ovh_sms.api.retry import RetryPolicy, call_with_retries
from ovh_sms.api.signing import TOKEN_CALL, SignatureSigner, Signer, TokenSigner
from ovh_sms.api.turns import Turns
from ovh_sms.clock import Clock
from ovh_sms.errors import AuthenticationError, Unavailable
from ovh_sms.metrics import API_CALL_TIME, API_CALLS, NONE

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Seconds to connect to each address of OVH's name. A deadline is checked again once the connection is made.
CONNECT_SECONDS = 10.0

#: HTTP status by which OVH refuses a token that it does not know, or not any more.
_UNAUTHORIZED = 401


class Transport:
    """Sends calls to OVH for one task. Opens nothing until the first call; not for several threads.

    Parameters as of :class:`ovh_sms.api.client.OvhSmsClient`; ``policy`` limits the repeats of a read.
    """

    def __init__(
        self, *, credentials: Credentials, turns: Turns, read_timeout: float, policy: RetryPolicy, clock: Clock
    ) -> None:
        self.credentials = credentials
        self.clock = clock
        self._policy = policy
        self._timeout = (CONNECT_SECONDS, read_timeout)
        self._turns = turns
        self._deadline = Deadline(clock)
        self._ovh_time = OvhTime(clock)
        self._signer: Signer | None = None

    def request(self, call: Call, read: Callable[[Answer], T], *, not_after: float | None = None) -> T:
        """Make one call and read its answer.

        :param call: the call. A read is repeated if OVH was unavailable, or refused the signed time or the token; a
            write is one HTTP request.
        :param read: takes the result from a 2xx answer; its ``ValueError`` makes the answer unreadable.
        :param not_after: for a write, the last moment at which it may be handed to the network, in seconds of the
            monotonic clock. Keys, turn, connection and encryption are ready when this is checked.
        :raises ovh_sms.errors.DeadlineMissed: that moment has passed; OVH received nothing.
        :raises ovh_sms.errors.RateLimited: too many calls, or a write that waited too long for its turn; not executed.
        :raises ovh_sms.errors.OutcomeUnknown: the write may have been executed.
        :raises ovh_sms.errors.Unavailable: OVH cannot be reached, or refused the signed time or the token of a write.
        :raises ovh_sms.errors.AuthenticationError: OVH refuses the keys, or a read's time twice.
        :raises ovh_sms.errors.ApiError: everything else that went wrong.
        """
        signer = self._ready()
        try:
            return self._make(call, signer, read, not_after)
        except AuthenticationError as error:
            passing = self._forget_refused(error, signer)
            if passing is None:
                raise
            log.warning("OVH refused the %s, it is asked for again call=%r", passing, call.shown)
            if call.is_write:
                refused = Unavailable(
                    f"OVH refused the {passing} of {call.shown}: this request was not executed.",
                    action="Try again: it is asked for anew before the next request.",
                    status=error.status,
                    code=error.code,
                    query_id=error.query_id,
                )
                refused.was_executed = None  # a proxy may have repeated an executed one, too late
                raise refused from None
        return self._make(call, self._ready(), read, None)

    def _forget_refused(self, error: AuthenticationError, signer: Signer) -> str | None:
        """Forget what made OVH refuse a call for the moment: the signed time, or a token that has ended early."""
        if isinstance(signer, TokenSigner):
            if error.status != _UNAUTHORIZED:
                return None
            signer.forget()
            return "token"
        if not error.out_of_time:
            return None
        self._ovh_time.forget()
        return "signed time"

    @property
    def session(self) -> requests.Session:
        """The HTTP session, opened at first use."""
        return self._opened().session

    def time(self) -> datetime:
        """Return OVH's time. It is asked for once, unsigned, and again if this machine's clock was set."""
        self._know_time()
        return datetime.fromtimestamp(self._ovh_time.now(), UTC)

    def read_time(self) -> datetime:
        """Ask OVH for its time now, in whole seconds."""
        return datetime.fromtimestamp(self._ask_time(lambda answer: read_json(int, answer)), UTC)

    def close(self) -> None:
        """Close the connections."""
        if self._signer is not None:
            self._signer.session.close()

    def _make(self, call: Call, signer: Signer, read: Callable[[Answer], T], not_after: float | None) -> T:
        if not call.is_write:
            return self._retried(call, lambda: signer.send(call), read)
        # A connection that was kept open may be closed by OVH just when it is used, which looks like a lost answer.
        # A write therefore takes a connection of its own.
        signer.session.close()
        return self._once(call, lambda: self._in_time(signer, call, not_after), read)

    def _opened(self) -> Signer:
        if self._signer is None:
            from ovh_sms.api.http_adapter import OnceAdapter

            adapter = OnceAdapter(self._deadline.check)
            if self.credentials.uses_oauth2:
                self._signer = TokenSigner(self.credentials, self._timeout, adapter, self.clock)
            else:
                self._signer = SignatureSigner(self.credentials, self._timeout, adapter, self._ovh_time)
        return self._signer

    def _ready(self) -> Signer:
        """Return the signer, with the token or the time that it needs."""
        signer = self._opened()
        if isinstance(signer, SignatureSigner):
            self._know_time()
        elif not signer.has_token():
            self._retried(TOKEN_CALL, signer.ask, signer.learn)
        return signer

    def _know_time(self) -> None:
        if not self._ovh_time.is_known():
            self._ask_time(self._ovh_time.learn)

    def _ask_time(self, read: Callable[[Answer], T]) -> T:
        url = self.credentials.base_url() + TIME_CALL.path
        session = self.session
        return self._retried(TIME_CALL, lambda: session.get(url, timeout=self._timeout), read)

    def _in_time(self, signer: Signer, call: Call, not_after: float | None) -> requests.Response:
        with self._deadline.of(call.shown, not_after):
            self._deadline.check()  # else it would connect in vain
            return signer.send(call)

    def _retried(self, call: Call, send: Callable[[], requests.Response], read: Callable[[Answer], T]) -> T:
        return call_with_retries(
            lambda: self._once(call, send, read),
            name=call.shown,
            policy=self._policy,
            clock=self.clock,
            waited=lambda: self._turns.waited_seconds,
        )

    def _once(self, call: Call, send: Callable[[], requests.Response], read: Callable[[Answer], T]) -> T:
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        self._turns.take(write=call.is_write)
        started = self.clock.monotonic()
        try:
            response = send()
        except (RequestException, HTTPError, OSError) as error:
            self._count(call, None, started)
            # The cause is cut off: its text holds the whole address, with numbers or signatures.
            raise error_from_exception(call, error, address=self._address()) from None
        answer = Answer(response.status_code, response.headers, response.content)
        self._count(call, answer.status, started)
        self._turns.note_answer(answer.status, answer.headers.get("Retry-After"), write=call.is_write)
        if not 200 <= answer.status < 300:
            raise error_from_answer(call, answer, now=self.clock.now()) from None
        try:
            return read(answer)
        except ValueError as error:
            raise error_from_unreadable(call, answer, error) from None

    def _count(self, call: Call, status: int | None, started: float) -> None:
        """Record a request in the metrics: its method and the class of its status, never its path."""
        shown = NONE if status is None else "429" if status == 429 else f"{status // 100}xx"
        API_CALLS.record(account=str(call.values.get("account", "")), method=call.method, status=shown)
        API_CALL_TIME.record(self.clock.monotonic() - started, method=call.method)

    def _address(self) -> str:
        return f"OVH at {urlsplit(self.credentials.base_url()).netloc} ({self.credentials.endpoint})"
