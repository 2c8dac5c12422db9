"""The parts of a message, counted independently of the package, so that its count is really checked."""

import re
from typing import NamedTuple

ONE_CHARACTER = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_CHARACTERS = "\f^{}\\[~]|€"
STOP_CLAUSE = "\nSTOP 36111"

_basic = re.compile(f"[{re.escape(ONE_CHARACTER)}]*")
_seven_bit = re.compile(f"[{re.escape(ONE_CHARACTER + TWO_CHARACTERS)}]*")
_escaped = re.compile(f"[{re.escape(TWO_CHARACTERS)}]")
_foreign = re.compile(f"[^{re.escape(ONE_CHARACTER + TWO_CHARACTERS)}]")


class Size(NamedTuple):
    """The size of a text; ``length`` is the characters that OVH counts, with those of the STOP clause."""

    length: int
    unicode: bool
    per_part: int
    parts: int


def measure(text: str) -> Size:
    """Measure a complete text: a single 7-bit part holds 160 characters, each of several 153; Unicode 70, 67."""
    if _basic.fullmatch(text):
        length, unicode = len(text), False
    elif _seven_bit.fullmatch(text):
        length, unicode = len(text) + len(_escaped.findall(text)), False
    else:
        length, unicode = len(text.encode("utf-16-le")) // 2, True
    single, several = (70, 67) if unicode else (160, 153)
    if length <= single:
        return Size(length, unicode, single, 1)
    return Size(length, unicode, several, -(-length // several))


def foreign(text: str) -> str | None:
    """The first character that no 7-bit message can hold, or None."""
    found = _foreign.search(text)
    return found.group() if found else None
