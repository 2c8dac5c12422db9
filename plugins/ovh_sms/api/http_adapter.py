"""The one adapter under every request to OVH: sent once, and not after its deadline.

It imports requests and urllib3, so it is itself imported inside functions only.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

#: Seconds for which the kernel tries to deliver written bytes before it gives the connection up. Without it, it tries
#: for minutes, even after the task has ended.
DELIVERY_SECONDS = 10

_is_silent = ContextVar("is_silent", default=False)


def prepare_session(session: requests.Session, adapter: HTTPAdapter, *, use_environment: bool) -> requests.Session:
    """Mount an adapter on a session and keep keys of other places out.

    :param use_environment: whether proxies of the environment are used; never for a sandbox.
    """
    session.trust_env = use_environment
    session.auth = _no_other_keys  # else a ~/.netrc entry for the host would replace our own keys
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class SilentAdapter(HTTPAdapter):
    """Sends a request without urllib3's DEBUG line, which holds the whole address: numbers and signatures."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        token = _is_silent.set(True)
        try:
            return super().send(*args, **kwargs)
        finally:
            _is_silent.reset(token)


class OnceAdapter(SilentAdapter):
    """Sends a request once: no retry, no redirect, and not after its deadline.

    :param check_deadline: called with the connection made and encrypted, right before each block of a request is
        written to it. If it raises, OVH does not receive the request.
    """

    def __init__(self, check_deadline: Callable[[], None] = lambda: None) -> None:
        self._connection = cache(lambda base: _checked_connection(base, check_deadline))
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return urllib3's pool for a request, direct or through a proxy, with connections that check the deadline."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connection(type(pool).ConnectionCls)
        return pool

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        response = super().send(*args, **kwargs)
        response.headers.pop("Location", None)  # requests follows it, and that would send the request again
        return response


def _checked_connection(base: Any, check_deadline: Callable[[], None]) -> type[Any]:
    """Subclass one of urllib3's connections."""

    class CheckedConnection(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.socket_options = _socket_options()

        def send(self, data: Any) -> None:
            if self.sock is None and self.auto_open:  # else it would be connected after the check
                self.connect()
            check_deadline()
            super().send(data)

    return CheckedConnection


def _socket_options() -> list[tuple[int, int, int]]:
    timeout = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only
    more = [] if timeout is None else [(socket.IPPROTO_TCP, timeout, DELIVERY_SECONDS * 1000)]
    return [*HTTPConnection.default_socket_options, *more]


def _no_other_keys(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _SilentFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG or not _is_silent.get()


logging.getLogger("urllib3.connectionpool").addFilter(_SilentFilter())
