"""The keys of one OVH customer, and the endpoint that they belong to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ovh_sms.errors import ConfigurationError

#: Live endpoints by the name OVH gives them; any other endpoint is a URL.
LIVE_ENDPOINTS = ("ovh-eu", "ovh-ca", "ovh-us")

#: Host names of the sandbox that are no loopback address (its service name in a compose file).
SANDBOX_HOSTS = frozenset({"localhost", "ovh-sandbox", "sandbox"})


def endpoint_problem(endpoint: str) -> str | None:
    """Describe the problem of an endpoint, if it is neither a live one nor a sandbox's URL that ends in ``/1.0``."""
    if endpoint in LIVE_ENDPOINTS:
        return None
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "is not a URL that can be read"
    if parts.scheme not in ("http", "https") or not host:
        return f"must be one of {', '.join(LIVE_ENDPOINTS)}, or the sandbox's URL with its /1.0"
    if parts.username or parts.query or parts.fragment:
        return "must be a plain URL, without user, query or fragment"
    if parts.scheme == "http" and not is_sandbox_host(host):
        return "must be https, since it is not a sandbox on this machine"
    if not parts.path.rstrip("/").endswith(("/1.0", "/v1")):
        return "must end in /1.0"
    return None


def is_sandbox_host(host: str) -> bool:
    """Return whether a host can only be a sandbox: this machine itself, or the sandbox's service name."""
    if host.lower() in SANDBOX_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Credentials:
    """The keys of one OVH customer, and their endpoint.

    Either an application key, its secret and a consumer key are given, or the id and secret of an OAuth2 client.

    :param endpoint: ``ovh-eu``, ``ovh-ca``, ``ovh-us`` or the URL of a sandbox, ending in ``/1.0``.
    """

    endpoint: str
    application_key: str = ""
    application_secret: str = field(default="", repr=False)
    consumer_key: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    def __repr__(self) -> str:
        kind = "OAuth2 client" if self.uses_oauth2 else "application key"
        return f"Credentials(endpoint={self.endpoint!r}, {kind}, secrets hidden)"

    @property
    def uses_oauth2(self) -> bool:
        """Whether an OAuth2 client is used instead of an application key and a consumer key."""
        return bool(self.client_id)

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent with these keys can reach a phone."""
        if self.endpoint in LIVE_ENDPOINTS:
            return False
        return is_sandbox_host(urlsplit(self.endpoint).hostname or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """All keys, for masking them in logs."""
        application = (self.application_secret, self.consumer_key, self.application_key)
        return tuple(secret for secret in (*application, self.client_secret, self.client_id) if secret)

    def base_url(self) -> str:
        """Return the address that every call's path is added to, without a slash at its end.

        :raises ovh_sms.errors.ConfigurationError: the endpoint is neither known nor a usable URL.
        """
        if problem := endpoint_problem(self.endpoint):
            what = f"The endpoint {problem}. OVH was not called."
            raise ConfigurationError(what, action="Correct the Endpoint field.")
        if self.endpoint in LIVE_ENDPOINTS:
            from ovh.client import ENDPOINTS

            return str(ENDPOINTS[self.endpoint])
        return self.endpoint.rstrip("/")

    def token_url(self) -> str:
        """Return the address from which an OAuth2 client gets its token: OVH's own, or beside the sandbox's API."""
        if self.endpoint in LIVE_ENDPOINTS:
            from ovh.client import OAUTH2_TOKEN_URLS

            return str(OAUTH2_TOKEN_URLS[self.endpoint])
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}/auth/oauth2/token"
