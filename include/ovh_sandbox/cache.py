"""Pages of lists that are answered from memory for a while, as the name of their mode suggests."""

import time
from collections.abc import Mapping

from fastapi.responses import Response


class PageCache:
    """Keeps pages in memory by list (path and query) and by the headers that asked for them."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, bytes], tuple[float, dict[object, Response]]] = {}

    def find(self, path: str, query: bytes, headers: Mapping[str, str], seconds: float) -> Response | None:
        """Find a page that is at most so many real seconds old, unless the call asks for a new one."""
        since, pages = self.lists.get((path, query), (float("-inf"), {}))
        if "no-cache" in headers.get("pragma", "") or time.monotonic() - since >= seconds:
            self.lists.pop((path, query), None)
            return None
        return pages.get(_page(headers))

    def keep(self, path: str, query: bytes, headers: Mapping[str, str], answer: Response) -> None:
        """Keep a page that was just made."""
        self.lists.setdefault((path, query), (time.monotonic(), {}))[1][_page(headers)] = answer


def _page(headers: Mapping[str, str]) -> object:
    return frozenset((name, value) for name, value in headers.items() if name.startswith("x-pagination-"))
