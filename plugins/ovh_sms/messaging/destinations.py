"""The destination of a phone number, which decides the price: several countries share some calling codes.

A destination is the calling code, plus 1,000 times the position of the country among those that share it: 33 is
France, 1 the United States, 1,000 × n + 1 Canada.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ovh_sms.messaging.phone_numbers import calling_code

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_STEP = 1_000
#: Digits at the end of a number that do not decide its country.
_TAIL = 10_000
_MOST_REMEMBERED = 500_000


class Destinations:
    """Finds the destinations of whole columns, and remembers them. Safe to use from several threads."""

    def __init__(self) -> None:
        import numpy as np

        self._shared = np.zeros(_STEP, dtype=np.bool_)
        self._shared[[code for code, regions in _regions().items() if len(regions) > 1]] = True
        self._known: dict[int, int] = {}

    def of(self, keys: Any, codes: Any) -> Any:
        """Return the destination of each number.

        :param keys: E.164 digits, array of integers.
        :returns: array of int64.
        """
        import numpy as np

        rows = np.flatnonzero(self._shared[codes])
        if not len(rows):
            return codes
        destinations = codes.copy()
        heads, first, where = np.unique(keys[rows] // _TAIL, return_index=True, return_inverse=True)
        found = [
            self._destination(head, key) for head, key in zip(heads.tolist(), keys[rows[first]].tolist(), strict=True)
        ]
        destinations[rows] = np.array(found, dtype=np.int64)[where]
        return destinations

    def _destination(self, head: int, key: int) -> int:
        known = self._known.get(head)
        if known is None:
            if len(self._known) > _MOST_REMEMBERED:
                self._known = {}
            known = self._known[head] = destination_of(f"+{key}")
        return known


def destination_of(e164: str) -> int:
    """Return the destination of one E.164 number."""
    code = calling_code(e164)
    regions = _regions().get(code, ())
    if len(regions) < 2:
        return code
    import phonenumbers

    number: PhoneNumber = phonenumbers.parse(e164)
    region = phonenumbers.region_code_for_number(number)
    return code + _STEP * (regions.index(region) if region in regions else 0)


def destination_name(destination: int) -> str:
    """Return the name of a destination in manifests and rates.

    :returns: the calling code; with the country's two letters unless it is the code's first country: ``1 CA``.
    """
    at, code = divmod(destination, _STEP)
    return f"{code} {_regions()[code][at]}" if at else str(code)


def country_of(name: str) -> str:
    """Return the country of a destination's name."""
    code, _, region = name.partition(" ")
    return region or _regions()[int(code)][0]


@cache
def _regions() -> dict[int, tuple[str, ...]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return dict(COUNTRY_CODE_TO_REGION_CODE)
