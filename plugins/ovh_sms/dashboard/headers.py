"""The headers of every answer: what a page may load, and that nobody keeps a copy of it."""

from __future__ import annotations

from typing import Any

#: A page loads scripts, styles, pictures and data from this server alone; nothing written in it is run.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",  # Airflow shows the pages in a frame
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: Set unless the answer says otherwise.
DEFAULTS = {"Cache-Control": "no-store"}


class SecurityHeaders:
    """Adds the headers to every answer of an app, also to refusals.

    :param app: an ASGI app.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = HEADERS | {key: value for key, value in DEFAULTS.items() if key.lower().encode() not in given}
                message["headers"] += [(name.lower().encode(), value.encode()) for name, value in added.items()]
            await send(message)

        await self._app(scope, receive, send_with_headers)
