"""The certainty of a rate: Wilson's interval of 95 %."""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054


def interval(part: float, whole: float) -> tuple[float, float] | None:
    """Return the interval in which the true rate lies with 95 % certainty, in percent; ``None`` of nothing.

    It is Wilson's, which stays between 0 and 100 and holds for few messages too.
    """
    if whole <= 0 or not 0 <= part <= whole:
        return None
    share, square = part / whole, _Z * _Z
    middle = share + square / (2 * whole)
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 100 / (1 + square / whole)
    low, high = (middle - half) * scale, (middle + half) * scale
    return low if part else 0.0, high if part < whole else 100.0
