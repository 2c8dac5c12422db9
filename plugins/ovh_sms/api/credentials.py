"""The keys of one OVH customer, and the endpoint that they belong to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import sandbox_hosts

#: Live endpoints by the name OVH gives them; any other endpoint is a URL.
LIVE_ENDPOINTS = ("ovh-eu", "ovh-ca", "ovh-us")

#: Hosts of OVH's API and the endpoint that each belongs to.
LIVE_HOSTS = {"eu.api.ovh.com": "ovh-eu", "ca.api.ovh.com": "ovh-ca", "api.us.ovhcloud.com": "ovh-us"}

_PLAIN = re.compile(r"[A-Za-z0-9:/.\[\]_-]+")


def endpoint_problem(endpoint: str) -> str | None:
    """Describe the problem of an endpoint, if it is neither OVH's own nor that of a sandbox."""
    if endpoint in LIVE_ENDPOINTS:
        return None
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
        port = parts.port
    except ValueError:
        return "is not a URL that can be read"
    if parts.scheme not in ("http", "https") or not host:
        return f"must be one of {', '.join(LIVE_ENDPOINTS)}, or the sandbox's URL with its /1.0"
    # A reader of URLs other than this one may see another host behind a user, a backslash or a blank.
    if "@" in parts.netloc or "?" in endpoint or "#" in endpoint or not _PLAIN.fullmatch(endpoint):
        return "must be a plain URL, without user, query or fragment"
    if host in LIVE_HOSTS:
        if parts.scheme != "https" or port not in (None, 443):
            return "must be https, on OVH's own port"
        return None if parts.path.rstrip("/") == "/1.0" else "must end in /1.0"
    if not is_sandbox_host(host):
        return "is neither OVH's own nor on this machine, and gets no key"
    if not parts.path.rstrip("/").endswith(("/1.0", "/v1")):
        return "must end in /1.0"
    return None


def is_sandbox_host(host: str) -> bool:
    """Return whether a host can only be a sandbox: this machine, or a host that ``OVH_SMS_SANDBOX_HOST`` names."""
    if host.lower() == "localhost" or host.lower() in sandbox_hosts():
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Credentials:
    """The keys of one OVH customer, and their endpoint.

    Either an application key, its secret and a consumer key are given, or the id and secret of an OAuth2 client.

    :param endpoint: ``ovh-eu``, ``ovh-ca``, ``ovh-us``, the address of one of them, or the URL of a sandbox; a URL ends
        in ``/1.0``.
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
    def _live(self) -> str | None:
        """The name of OVH's own endpoint, also if its address is given; ``None`` for a sandbox's."""
        if self.endpoint in LIVE_ENDPOINTS:
            return self.endpoint
        return None if endpoint_problem(self.endpoint) else LIVE_HOSTS.get(urlsplit(self.endpoint).hostname or "")

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent with these keys can reach a phone."""
        if self._live:
            return False
        return endpoint_problem(self.endpoint) is None

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
        if live := self._live:
            from ovh.client import ENDPOINTS

            return str(ENDPOINTS[live])
        return self.endpoint.rstrip("/")

    def token_url(self) -> str:
        """Return the address from which an OAuth2 client gets its token: OVH's own, or beside the sandbox's API.

        :raises ovh_sms.errors.ConfigurationError: the endpoint is neither OVH's own nor a sandbox's.
        """
        if live := self._live:
            from ovh.client import OAUTH2_TOKEN_URLS

            return str(OAUTH2_TOKEN_URLS[live])
        parts = urlsplit(self.base_url())
        return f"{parts.scheme}://{parts.netloc}/auth/oauth2/token"
