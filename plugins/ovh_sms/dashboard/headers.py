"""The headers of every answer: what a page may load, and that nobody keeps a copy of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def policy(*, form_action: Sequence[str] = ()) -> str:
    """Return what a page may load: from this server alone; nothing written in it is run.

    :param form_action: other servers to which an answer to a form of the page may lead.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            " ".join(("form-action 'self'", *form_action)),
            "frame-ancestors 'self'",  # Airflow shows the pages in a frame
            "base-uri 'none'",
        )
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: The same and no copies, for an answer that is made without an app.
BARE = [(name.lower().encode(), value.encode()) for name, value in {**HEADERS, "Cache-Control": "no-store"}.items()]
#: Set unless the answer says otherwise.
DEFAULTS = {"Cache-Control": "no-store"}
#: A page may name its own policy, made by :func:`policy`.
_OWN = b"content-security-policy"


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
                headers = [(name.lower().encode(), value.encode()) for name, value in added.items()]
                message["headers"] += [each for each in headers if each[0] != _OWN or _OWN not in given]
            await send(message)

        await self._app(scope, receive, send_with_headers)
