"""Answers OVH's calls before Airflow's own middlewares, which take several times as long as a call itself.

A plugin's middlewares are the innermost of Airflow's API server. The first request of a process, which is the start of
the server, shows the inner one the whole app; it puts a door in front of it.
"""

from __future__ import annotations

import logging
from typing import Any

from ovh_sms.inbound.callback_addresses import PREFIX, masked_path

log = logging.getLogger(__name__)


class CallbacksFirst:
    """Takes callbacks, and hands all else on untouched.

    :param app: the ASGI app with all its middlewares.
    :param callbacks: the ASGI app that answers callbacks.
    """

    def __init__(self, app: Any, callbacks: Any) -> None:
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a callback, or pass the request on."""
        if scope["type"] == "http" and is_callback(scope):
            await self._callbacks(mask(scope), receive, send)
        else:
            await self._app(scope, receive, send)


def answer_first(app: Any, callbacks: Any) -> bool:
    """Answer callbacks before the middlewares of an app, if it lets them be wrapped.

    :param app: Starlette's or FastAPI's, its middlewares built; ``None`` if it is not known.
    :returns: whether they are answered first; otherwise they are answered within, as they were.
    """
    stack = getattr(app, "middleware_stack", None)
    if isinstance(stack, CallbacksFirst):
        return True
    try:
        if not callable(stack):
            raise TypeError(f"{type(app).__name__} shows no middlewares")
        app.middleware_stack = CallbacksFirst(stack, callbacks)
    except Exception as error:  # another Starlette: slower, but as good
        log.warning("Callbacks are answered behind Airflow's middlewares, which is slower: %s", error)
        return False
    return True


def is_callback(scope: Any) -> bool:
    """Return whether a request is below the prefix, at the path of Airflow's own or without it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).startswith(f"{PREFIX}/")


def mask(scope: Any) -> Any:
    """Mask what a log of the server finds in a request of ours.

    :returns: the request as it came, for the app that answers.
    """
    masked = masked_path(scope["path"], scope.get("query_string", b"").decode("latin-1"))
    if masked is None:
        return scope
    inner = dict(scope)
    scope["path"], scope["query_string"] = masked[0], masked[1].encode("utf-8", "replace")
    scope["raw_path"] = masked[0].encode("utf-8", "replace")
    return inner
