"""The routes of the dashboard, as its app has them."""

from __future__ import annotations

from collections.abc import Iterator


def routes() -> Iterator[tuple[str, str]]:
    """Method and path of every route; a mounted app, which the rights of the dashboard's do not reach, is an error."""
    from fastapi.routing import APIRoute
    from starlette.routing import Mount

    from ovh_sms.dashboard.app import app

    found = list(app.routes)
    while found:
        route = found.pop()
        if isinstance(route, Mount):
            raise AssertionError(f"{route.path} is mounted: the rights of the app do not reach it")
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found.extend(inner.routes)
            continue
        assert isinstance(route, APIRoute), route
        for method in route.methods:
            yield method, route.path
