"""Two ways to prove the caller, both by python-ovh: OVH's signature, and an OAuth2 token. Each sends a request once."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ovh_sms.api.answer import Answer
from ovh_sms.api.calls import Call
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.models import Token
from ovh_sms.api.ovh_time import OvhTime
from ovh_sms.clock import Clock
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

#: Seconds to connect, and seconds to wait for each block of an answer.
Timeout = tuple[float, float]

#: Seconds before the end of a token at which a new one is asked for.
TOKEN_MARGIN = 60.0

TOKEN_CALL = Call("POST", "/auth/oauth2/token", safe=True)


class SignatureSigner:
    """Application key, secret and consumer key: python-ovh signs and sends.

    :param ovh_time: OVH's time, which each signature holds; known before a call is sent.
    :raises ovh_sms.errors.ConfigurationError: python-ovh refuses the keys.
    """

    def __init__(self, credentials: Credentials, timeout: Timeout, adapter: HTTPAdapter, ovh_time: OvhTime) -> None:
        from ovh_sms.api.http_adapter import prepare_session

        #: python-ovh's own client.
        self.client = _python_ovh(credentials, timeout, ovh_time)
        # The one place that reaches into python-ovh, whose session has no public name: our adapter is mounted under
        # its requests. Without it a redirect would send a write twice, and no deadline would hold.
        self.session: requests.Session = self.client._session
        prepare_session(self.session, adapter, use_environment=not credentials.is_sandbox)

    def send(self, call: Call) -> requests.Response:
        """Sign and send one call. raw_call keeps the status of an answer that is no JSON, which call() loses."""
        headers = dict(call.headers)
        return self.client.raw_call(call.method, call.path, call.payload, headers=headers)  # type: ignore[no-any-return]


def _python_ovh(credentials: Credentials, timeout: Timeout, ovh_time: OvhTime | None) -> Any:
    """Make python-ovh's client with the keys of the connection and no others."""
    import ovh
    from ovh.client import ENDPOINTS, OAUTH2_TOKEN_URLS
    from ovh.exceptions import InvalidConfiguration

    class Client(ovh.Client):  # type: ignore[misc]
        @property
        def time_delta(self) -> int:
            assert ovh_time is not None  # noqa: S101 - a token needs no time
            # python-ovh adds it to this machine's time, which may be set at any moment.
            return int(ovh_time.now()) - int(time.time())

    url = credentials.base_url()
    # An endpoint by a name of our own: python-ovh fills in keys that are not given from the section of that name in
    # ovh.conf, and keys of another customer must never mix with those of the connection.
    name = f"ovh_sms {url}"
    ENDPOINTS[name], OAUTH2_TOKEN_URLS[name] = url, credentials.token_url()
    kinds = {False: ("application_key", "application_secret", "consumer_key"), True: ("client_id", "client_secret")}
    keys = {each: getattr(credentials, each) for each in kinds[credentials.uses_oauth2]}
    try:
        return Client(endpoint=name, timeout=timeout, **keys)
    except InvalidConfiguration:
        others = "OVH_APPLICATION_KEY" if credentials.uses_oauth2 else "OVH_CLIENT_ID or OVH_CLIENT_SECRET"
        raise ConfigurationError(
            f"python-ovh refused the keys: a key or its secret is empty, or {others} in the environment adds the keys "
            "of another customer. OVH was not called.",
            action="Fill in the keys of the connection, and remove these variables from the workers' environment.",
        ) from None


class TokenSigner:
    """OAuth2 client id and secret: python-ovh sends each call, with a token that is fetched before.

    python-ovh itself fetches a token without a timeout, within the call it is for, and by https alone. Here a failed
    token is never mistaken for a failed call, and the sandbox has tokens too.
    """

    def __init__(self, credentials: Credentials, timeout: Timeout, adapter: HTTPAdapter, clock: Clock) -> None:
        import requests

        from ovh_sms.api.http_adapter import prepare_session

        self._credentials = credentials
        self._timeout = timeout
        self._clock = clock
        self._token = ""
        self._valid_until = 0.0
        self.session = prepare_session(requests.Session(), adapter, use_environment=not credentials.is_sandbox)
        self._client = _python_ovh(credentials, timeout, None)
        # As with the session of signatures: python-ovh has no public name for it. It sends by this session, which
        # fetches no token by itself.
        self._client._oauth2 = SimpleNamespace(session=self.session)

    def has_token(self) -> bool:
        """Whether a token is held that stays valid for a while."""
        return bool(self._token) and self._clock.monotonic() < self._valid_until

    def ask(self) -> requests.Response:
        """Ask OVH for a token."""
        return self.session.post(
            self._credentials.token_url(),
            data={"grant_type": "client_credentials", "scope": "all"},
            auth=(self._credentials.client_id, self._credentials.client_secret),
            timeout=self._timeout,
        )

    def learn(self, answer: Answer) -> None:
        """Keep the token until shortly before its end."""
        token = Token.read(answer)
        self._token = token.access_token
        self._valid_until = self._clock.monotonic() + max(0.0, token.expires_in - TOKEN_MARGIN)

    def forget(self) -> None:
        """Ask for another token before the next call."""
        self._token = ""

    def send(self, call: Call) -> requests.Response:
        """Send one call with the token."""
        headers = {**call.headers, "Authorization": f"Bearer {self._token}"}
        return self._client.raw_call(call.method, call.path, call.payload, headers=headers)  # type: ignore[no-any-return]


Signer = SignatureSigner | TokenSigner
