"""The HTTP session: a request goes out once, and one that has a deadline not after it."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import DeadlineMissed

if TYPE_CHECKING:
    import requests

#: Seconds for which the kernel tries to deliver what was written before it gives the connection up.
DELIVERY_SECONDS = 10


class Deadline:
    """The moment after which a request is not handed to the network any more."""

    def __init__(self) -> None:
        self._not_after = math.inf
        self._name = ""

    @contextmanager
    def of(self, name: str, not_after: float | None) -> Iterator[None]:
        """Set the deadline for the request made within.

        :param name: the call as it may be shown.
        :param not_after: the moment, in seconds of :func:`time.monotonic`; none where not given.
        """
        self._name, self._not_after = name, math.inf if not_after is None else not_after
        try:
            yield
        finally:
            self._not_after = math.inf

    def look(self) -> None:
        """Go on only while there is time.

        :raises ovh_sms.errors.DeadlineMissed: the moment is past.
        """
        if time.monotonic() > self._not_after:
            raise DeadlineMissed(
                f"{self._name} was not made: keys, turn or connection were not ready in time. "
                "Nothing was handed to OVH.",
                action="Try again; if it happens often, run fewer tasks at once and look at this machine's network.",
            )


def open_session(
    *, use_environment: bool, before_sending: Callable[[], None] = lambda: None
) -> requests.Session:
    """Session that sends a request once: no retries, and no redirect is followed, since that would send it again.

    :param use_environment: whether proxies of the environment are used; never for a sandbox on this machine.
    :param before_sending: called right before each piece of a request is written to its connection, which is made by
        then: name looked up, connected, encryption agreed. What it raises leaves the request unsent.
    """
    import requests
    from requests.adapters import HTTPAdapter

    class OnceSession(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:
            return None

    class OnceAdapter(HTTPAdapter):
        def init_poolmanager(self, *given: Any, **more: Any) -> None:
            super().init_poolmanager(*given, socket_options=_socket_options(), **more)
            self._watch(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
            is_new = proxy not in self.proxy_manager
            manager = super().proxy_manager_for(proxy, socket_options=_socket_options(), **more)
            if is_new:
                self._watch(manager)
            return manager

        def _watch(self, manager: Any) -> None:
            manager.pool_classes_by_scheme = _watched(manager.pool_classes_by_scheme, before_sending)

    session = OnceSession()
    session.trust_env = use_environment
    session.auth = _no_other_keys  # else a ~/.netrc entry for the host would replace what proves the caller
    for scheme in ("https://", "http://"):
        session.mount(scheme, OnceAdapter(max_retries=0))
    return session


def _no_other_keys(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _watched(pools: Mapping[str, Any], before_sending: Callable[[], None]) -> dict[str, Any]:
    """The same kinds of connections, but each asks before it writes."""

    def watched(pool: Any) -> Any:
        def send(self: Any, data: Any) -> None:
            if self.sock is None and self.auto_open:  # else it would be opened after the last look
                self.connect()
            before_sending()
            super(connection, self).send(data)

        connection: Any = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"send": send})
        return type(pool.__name__, (pool,), {"ConnectionCls": connection})

    return {scheme: watched(pool) for scheme, pool in pools.items()}


def _socket_options() -> list[tuple[int, int, int]]:
    """Have the kernel give up what it cannot deliver soon: it tries for minutes, even when the task has ended."""
    from urllib3.connection import HTTPConnection

    patience = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only
    more = [] if patience is None else [(socket.IPPROTO_TCP, patience, DELIVERY_SECONDS * 1000)]
    return [*HTTPConnection.default_socket_options, *more]
