"""Takes callbacks out of the requests of Airflow's API server, and keeps their secret out of its access log.

Airflow logs path and query of each request after it, from the same scope that the app is given; so does uvicorn, if its
own log is on. They find the masked ones there; what answers is given a copy with the real ones.
"""

from __future__ import annotations

from typing import Any

from ovh_sms.dashboard.callbacks_first import answer_first, is_callback, mask


class CallbackPaths:
    """A middleware of the whole API server: an address that was mistyped holds the secret too.

    It lets callbacks be answered before the other middlewares. Where it cannot, they are answered here: Airflow's own
    routes, which it would try before, take longer than a callback.

    :param app: the ASGI app within.
    :param callbacks: the ASGI app that answers callbacks.
    """

    def __init__(self, app: Any, callbacks: Any) -> None:
        self._app = app
        self._callbacks = callbacks
        self._has_started = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if not self._has_started:
            self._has_started = True
            answer_first(scope.get("app"), self._callbacks)
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        is_ours = is_callback(scope)
        inner = mask(scope)
        await (self._callbacks if is_ours else self._app)(inner, receive, send)
