"""The navigation of ``mkdocs.yml``, with the pages that are there."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatch
from typing import Any


def with_pages(nav: list[Any], pages: Collection[str]) -> list[Any]:
    """Put pages into the place of each pattern, and leave out pages and parts that do not exist.

    A misspelt name cannot hide a page: one that nothing names fails the build.

    :param nav: as in ``mkdocs.yml``.
    :param pages: paths below ``docs``, those that are made included.
    """
    found: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            found += sorted(page for page in pages if fnmatch(page, entry))
        else:
            ((title, content),) = entry.items()
            if isinstance(content, list):
                content = with_pages(content, pages)
            elif content not in pages:
                content = None
            if content:
                found.append({title: content})
    return found
