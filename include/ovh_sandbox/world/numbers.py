"""Numbers that can get a message, and its cost."""

import re

_number = re.compile(r"(?:\+|00)([1-9]\d{9,16})")
_french = re.compile(r"33[67]\d{8}")
# The overseas departments and regions count as France here; whether they do at OVH is unknown.
_overseas = re.compile(r"(?:262[67]\d{8}|590690\d{6}|594694\d{6}|596696\d{6})")

# Country → dialling code and credits a part. France is documented, the other figures are invented.
RATES = {
    "fr": ("33", 1.0),
    "re": ("262", 1.0),
    "gp": ("590", 1.0),
    "gf": ("594", 1.0),
    "mq": ("596", 1.0),
    "be": ("32", 1.9),
    "ch": ("41", 1.3),
    "de": ("49", 1.8),
    "es": ("34", 1.3),
    "gb": ("44", 1.1),
    "it": ("39", 1.4),
    "lu": ("352", 0.4),
    "nl": ("31", 1.9),
    "pt": ("351", 0.7),
}
OTHER_COUNTRIES = 2.0


def valid(receiver: str) -> str | None:
    """Return a number as ``+`` and digits (``00`` counts as ``+``); None for a national or French fixed one."""
    found = _number.fullmatch(receiver.strip())
    if found is None:
        return None
    digits = found.group(1)
    if digits.startswith("33") and not _french.fullmatch(digits):
        return None
    return "+" + digits


def french(receiver: str) -> bool:
    """Whether French rules (STOP clause, sending window) hold for a valid receiver."""
    return receiver.startswith("+33") or _overseas.fullmatch(receiver, 1) is not None


def credits_per_part(receiver: str) -> float:
    """Credits a part costs to a valid receiver."""
    if receiver.startswith("+33"):
        return 1.0
    for digits, price in RATES.values():
        if receiver.startswith(digits, 1):
            return price
    return OTHER_COUNTRIES
