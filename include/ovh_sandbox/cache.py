"""Pages of lists that are answered from memory for a while, as the name of the mode says that OVH does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi.responses import Response


@dataclass
class _List:
    """A list as it was at one moment: its pages, by the headers that asked for them."""

    since: float = field(default_factory=time.monotonic)
    pages: dict[tuple[tuple[str, str], ...], Response] = field(default_factory=dict)


class PageCache:
    """Keeps pages in memory; a restart and a new world forget them."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, bytes], _List] = {}

    def find(self, path: str, query: bytes, headers: Mapping[str, str], seconds: float) -> Response | None:
        """The page as it was answered a while ago, unless the call wants it as it is now.

        :param seconds: how long pages are kept, in real time.
        """
        kept = self.lists.get((path, query))
        if kept is None:
            return None
        if "no-cache" in headers.get("pragma", "") or time.monotonic() - kept.since >= seconds:
            self.lists.pop((path, query), None)
            return None
        return kept.pages.get(_page(headers))

    def keep(self, path: str, query: bytes, headers: Mapping[str, str], answer: Response) -> None:
        """Keep a page that was just made."""
        self.lists.setdefault((path, query), _List()).pages[_page(headers)] = answer


def _page(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in headers.items() if name.startswith("x-pagination-")))
