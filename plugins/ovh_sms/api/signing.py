"""Two ways to prove who calls: OVH's signature (by python-ovh) and an OAuth2 token. Either sends each request once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Protocol

from ovh_sms.api.answers import Answer
from ovh_sms.api.calls import Call
from ovh_sms.api.clock import OvhClock
from ovh_sms.api.credentials import Credentials

if TYPE_CHECKING:
    import requests

Timeout = tuple[float, float]

#: Seconds before a token's end at which a new one is asked for.
TOKEN_MARGIN = 60.0


class Signer(Protocol):
    """Proves who calls. Before the first call it may have to ask OVH something, which changes nothing."""

    question: Call
    #: Whether OVH compares the request's time with its own.
    tells_time: bool

    def is_ready(self) -> bool:
        """Whether a call can be made now, without asking first."""

    def ask(self) -> requests.Response:
        """Ask what has to be known before a call."""

    def learn(self, answer: Answer) -> None:
        """Take the answer to the question."""

    def send(self, call: Call) -> requests.Response:
        """Make one call, by exactly one request."""


def open_signer(
    credentials: Credentials, session: requests.Session, timeout: Timeout, clock: OvhClock
) -> Signer:
    """Choose the way that the keys at hand allow.

    :param timeout: seconds to connect and seconds to wait for each piece of an answer.
    :param clock: OVH's time, which a signature holds.
    """
    if credentials.uses_oauth2:
        return TokenSigner(credentials, session, timeout)
    return SignatureSigner(credentials, session, timeout, clock)


class SignatureSigner:
    """Application key, secret and consumer key: python-ovh signs and sends."""

    question = OvhClock.question
    tells_time = True

    def __init__(
        self, credentials: Credentials, session: requests.Session, timeout: Timeout, clock: OvhClock
    ) -> None:
        self._client = _python_ovh(credentials, session, timeout, clock)
        self.is_ready = clock.is_known
        self.ask = clock.ask
        self.learn = clock.learn

    def send(self, call: Call) -> requests.Response:
        """Sign and send one call."""
        headers = dict(call.headers)
        return self._client.raw_call(call.method, call.path, call.payload, headers=headers)  # type: ignore[no-any-return]


def _python_ovh(
    credentials: Credentials, session: requests.Session, timeout: Timeout, clock: OvhClock
) -> Any:
    import ovh

    class Client(ovh.Client):  # type: ignore[misc]
        def __init__(self) -> None:
            # Not super().__init__(): it fills what is not given from OVH_* variables and ovh.conf files, and keys of
            # another customer must never mix with those of the connection.
            self._endpoint = credentials.base_url()
            self._application_key = credentials.application_key
            self._application_secret = credentials.application_secret
            self._consumer_key = credentials.consumer_key
            self._client_id = None
            self._client_secret = None
            self._oauth2 = None
            self._time_delta = None
            self._session = session
            self._timeout = timeout

        @property
        def time_delta(self) -> int:
            # What python-ovh adds to this machine's time, which may be set at any moment.
            return int(clock.now()) - int(time.time())

    return Client()


class TokenSigner:
    """OAuth2 client id and secret: a token is fetched, kept and sent along.

    python-ovh can do this too, but fetches the token without a timeout, within the call it is for, and only over https;
    here a failing token is never mistaken for a failing call.
    """

    question = Call("POST", "/auth/oauth2/token", safe=True)
    tells_time = False

    def __init__(self, credentials: Credentials, session: requests.Session, timeout: Timeout) -> None:
        self._credentials = credentials
        self._base_url = credentials.base_url()
        self._session = session
        self._timeout = timeout
        self._token = ""
        self._good_until = 0.0

    def is_ready(self) -> bool:
        """Whether a token is at hand that lasts a while."""
        return bool(self._token) and time.monotonic() < self._good_until

    def ask(self) -> requests.Response:
        """Ask for a token."""
        return self._session.post(
            self._credentials.token_url(),
            data={"grant_type": "client_credentials", "scope": "all"},
            auth=(self._credentials.client_id, self._credentials.client_secret),
            timeout=self._timeout,
        )

    def learn(self, answer: Answer) -> None:
        """Keep the token, until shortly before it ends."""
        fields = answer.fields()
        self._token = fields.text("access_token")
        self._good_until = time.monotonic() + max(0.0, fields.number("expires_in") - TOKEN_MARGIN)

    def send(self, call: Call) -> requests.Response:
        """Send one call with the token."""
        body = call.payload
        headers = dict(call.headers) | {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-type"] = "application/json"
        return self._session.request(
            call.method,
            self._base_url + call.path,
            headers=headers,
            data=None if body is None else json.dumps(body, separators=(",", ":")),
            timeout=self._timeout,
        )
