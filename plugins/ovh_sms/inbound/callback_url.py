"""Checks the address of Airflow that OVH is to call."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from ovh_sms.errors import ConfigurationError

#: A call whose path is escaped or has parameters is refused, so it may not be part of the address.
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")


def check_url(url: str, *, is_sandbox: bool) -> None:
    """Refuse an address that OVH cannot call.

    :param url: of Airflow's API server, with its path.
    :param is_sandbox: the sandbox also calls plain http, within this machine or its network.
    :raises ConfigurationError: it is not of https where it must be, or has more than a host, a port and a plain path.
    """
    if not _is_good(url, ("https",)) and not (is_sandbox and _is_good(url, ("http",)) and _is_near(url)):
        raise ConfigurationError(
            "OVH cannot call this address: it must be of https, with a host and a plain path, without a query or a "
            "password.",
            action="Nothing was changed. Give the address of Airflow as OVH reaches it, such as "
            "https://airflow.example.com. The sandbox also calls http:// addresses of this machine or its network, "
            "such as http://127.0.0.1:8080.",
        )


def _is_near(url: str) -> bool:
    """Whether the host is this machine, another container, or in a private network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal", ".local"))


def _is_good(url: str, schemes: tuple[str, ...]) -> bool:
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " ?#@"):
        return False
    try:
        it = urlsplit(url)
        host, _ = it.hostname, it.port  # raises if it is none
    except ValueError:
        return False
    return it.scheme in schemes and bool(_HOST.fullmatch(host or "")) and _PATH.fullmatch(it.path) is not None
