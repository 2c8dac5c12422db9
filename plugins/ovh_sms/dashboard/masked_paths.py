"""Keeps the secret of callbacks out of the access log of Airflow's API server.

Airflow logs path and query of each request after it, from the same scope that the app is given; so does uvicorn, if its
own log is on. They find the masked ones there; the app is given a copy with the real ones.
"""

from __future__ import annotations

from typing import Any

from ovh_sms.inbound.callback_addresses import masked_path


class MaskedPaths:
    """A middleware of the whole API server: an address that was mistyped holds the secret too.

    :param app: the ASGI app within.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        inner = scope
        if scope["type"] in ("http", "websocket"):
            query = scope.get("query_string", b"").decode("latin-1")
            masked = masked_path(scope["path"], query)
            if masked is not None:
                inner = dict(scope)
                scope["path"], scope["query_string"] = masked[0], masked[1].encode("utf-8", "replace")
                scope["raw_path"] = masked[0].encode("utf-8", "replace")
        await self._app(inner, receive, send)
