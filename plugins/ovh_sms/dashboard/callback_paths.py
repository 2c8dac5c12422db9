"""Takes callbacks out of the requests of Airflow's API server, and keeps their secret out of its access log.

Airflow logs path and query of each request after it, from the same scope that the app is given; so does uvicorn, if its
own log is on. They find the masked ones there; what answers is given a copy with the real ones.
"""

from __future__ import annotations

from typing import Any

from ovh_sms.inbound.callback_addresses import PREFIX, masked_path


class CallbackPaths:
    """A middleware of the whole API server: an address that was mistyped holds the secret too.

    Callbacks are answered here: Airflow's own routes, which it would try before, take longer than a callback.

    :param app: the ASGI app within.
    :param callbacks: the ASGI app that answers callbacks.
    """

    def __init__(self, app: Any, callbacks: Any) -> None:
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        inner, path = scope, scope["path"]
        masked = masked_path(path, scope.get("query_string", b"").decode("latin-1"))
        if masked is not None:
            inner = dict(scope)
            scope["path"], scope["query_string"] = masked[0], masked[1].encode("utf-8", "replace")
            scope["raw_path"] = masked[0].encode("utf-8", "replace")
        is_ours = path.removeprefix(scope.get("root_path", "")).startswith(f"{PREFIX}/")
        await (self._callbacks if is_ours else self._app)(inner, receive, send)
