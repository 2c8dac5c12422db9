"""The pagination headers: undocumented for this version of the API, used by OVH's own interface."""

import math
import operator
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import bad

LARGEST = 5000
# Lists whose pages hold objects instead of keys; /jobs, /outgoing and /incoming make their pages in SQL.
EXPANDED = frozenset(
    "/sms /sms/{serviceName}/blacklists /sms/{serviceName}/receivers /sms/{serviceName}/senders"
    " /sms/{serviceName}/task /sms/{serviceName}/users /sms/{serviceName}/users/{login}/receivers"
    " /me/document /me/order /me/order/{orderId}/details /me/payment/method".split()
)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "like": lambda have, want: str(want).strip("%") in str(have),
}


@dataclass(frozen=True)
class Filter:
    """One ``field:operator=value``."""

    field: str
    operator: str
    value: str

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether an object passes; numbers are compared as numbers."""
        have = row.get(self.field)
        if isinstance(have, bool):
            have = str(have).lower()
        want = as_number(self.value) if isinstance(have, int | float) else self.value
        return have is not None and OPERATORS[self.operator](have, want)


@dataclass(frozen=True)
class Wanted:
    """The page a call asks for; pages count from 1."""

    size: int
    number: int
    sort: str | None
    descending: bool
    filters: tuple[Filter, ...]

    def headers(self, elements: int) -> dict[str, str]:
        """The headers that go with the page."""
        return {
            "X-Pagination-Elements": str(elements),
            "X-Pagination-Number": str(self.number),
            "X-Pagination-Size": str(self.size),
            "X-Pagination-Total": str(math.ceil(elements / self.size)),
        }


def as_number(text: str) -> float:
    """A filter's value as a number."""
    try:
        return float(text)
    except ValueError:
        raise bad(f"X-Pagination-Filter: {text} is not a number") from None


def asked(headers: Mapping[str, str], features: Mapping[str, Any]) -> Wanted | None:
    """The page a call asks for by its headers; None when it asks for none or pages are switched off."""
    if not features["pagination"] or headers.get("x-pagination-mode") != "CachedObjectList-Pages":
        return None
    try:
        size = int(headers.get("x-pagination-size", "25"))
        number = int(headers.get("x-pagination-number", "1"))
    except ValueError:
        raise bad("X-Pagination-Size and X-Pagination-Number must be integers") from None
    if size < 1 or number < 1:
        raise bad("X-Pagination-Size and X-Pagination-Number must be at least 1")
    text = headers.get("x-pagination-filter", "")
    return Wanted(
        size=min(size, LARGEST),
        number=number,
        sort=headers.get("x-pagination-sort"),
        descending=headers.get("x-pagination-sort-order", "ASC").upper() == "DESC",
        filters=tuple(_filter(part) for part in text.split("&") if part),
    )


def _filter(text: str) -> Filter:
    found = re.fullmatch(r"([^:=]*):([a-z]+)=(.*)", text, re.DOTALL)
    if found is None or found[2] not in OPERATORS:
        raise bad(f"X-Pagination-Filter: {text} is not field:operator=value")
    return Filter(*found.groups())


async def page_of(
    keys: list[Any], wanted: Wanted, expand: Callable[[object], Awaitable[Any]]
) -> tuple[list[Any], dict[str, str]]:
    """One page of a short list, as objects."""
    start = (wanted.number - 1) * wanted.size
    if not wanted.sort and not wanted.filters:
        rows = [await expand(key) for key in keys[start : start + wanted.size]]
        return rows, wanted.headers(len(keys))
    rows = [await expand(key) for key in keys]
    rows = [row for row in rows if all(one.fits(row) for one in wanted.filters)]
    if wanted.sort:
        field = wanted.sort
        rows.sort(key=lambda row: (row.get(field) is not None, row.get(field)), reverse=wanted.descending)
    return rows[start : start + wanted.size], wanted.headers(len(rows))
