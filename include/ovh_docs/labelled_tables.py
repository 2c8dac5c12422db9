"""Names each cell of a table by its column, so that a phone can show a row as a card."""

from __future__ import annotations

import re

_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_HEAD = re.compile(r"<th[^>]*>(.*?)</th>", re.DOTALL)
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<td\b")


def with_labels(html: str) -> str:
    """Return a page whose cells carry the name of their column in ``data-label``."""
    return _TABLE.sub(_labelled, html)


def _labelled(table: re.Match[str]) -> str:
    heads = [re.sub(r"<[^>]+>", "", each).strip().replace('"', "&quot;") for each in _HEAD.findall(table[0])]
    return _ROW.sub(lambda row: _row(row[0], heads), table[0])


def _row(row: str, heads: list[str]) -> str:
    names = iter(heads)
    return _CELL.sub(lambda _: f'<td data-label="{next(names, "")}"', row)
