"""How long a message is and how many parts it costs, counted as a phone network does.

A message that fits GSM 03.38 is counted in septets: 160 in one part, 153 in each of several. A character of
the extension table takes two septets, which are never split across parts. Any other character makes the
whole message Unicode, counted in UTF-16 code units: 70 in one part, 67 in each of several; a surrogate pair
is never split.

The STOP clause is counted as eleven characters appended to the message, so that 149 characters (59 in
Unicode) still fit one part. OVH's pages say "149, then 153" and "59, then 70": both would allow a little more
in long messages than the network can carry beside the clause, so this count is equal or one part higher,
never lower.
"""

from __future__ import annotations

from typing import NamedTuple

#: A line break and ``STOP 36xxx``, which OVH appends to marketing messages.
STOP_CLAUSE_CHARACTERS = 11

GSM7_ONE_PART, GSM7_PER_PART = 160, 153
UNICODE_ONE_PART, UNICODE_PER_PART = 70, 67

#: GSM 03.38, basic table: one septet each.
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: GSM 03.38, extension table: an escape and a septet.
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = GSM7_BASIC | GSM7_EXTENSION


class MessageSize(NamedTuple):
    """How long one message is.

    ``characters`` counts septets (or UTF-16 code units when ``unicode``), the STOP clause included;
    ``per_part`` is how many of them one part holds: 160 or 153, 70 or 67.
    """

    characters: int
    unicode: bool
    per_part: int
    parts: int


def is_gsm7(text: str) -> bool:
    """Tell whether a text can be sent without falling back to the costlier Unicode.

    :param text: any text.
    :returns: True when each character is in GSM 03.38, basic or extension.
    """
    return _GSM7.issuperset(text)


def not_gsm7(text: str) -> list[str]:
    """Name the characters that make a message cost more.

    :param text: any text.
    :returns: the distinct characters outside GSM 03.38, in order of appearance.
    """
    return [character for character in dict.fromkeys(text) if character not in _GSM7]


def measure(message: str, *, stop_clause: bool = False) -> MessageSize:
    """Count the parts of one merged message, which is what it costs.

    :param message: the text as the receiver would read it, without the STOP clause.
    :param stop_clause: whether OVH will append the STOP clause.
    :returns: its size; an empty message still takes one part.
    """
    clause = STOP_CLAUSE_CHARACTERS if stop_clause else 0
    if is_gsm7(message):
        pairs = 0 if GSM7_EXTENSION.isdisjoint(message) else sum(c in GSM7_EXTENSION for c in message)
        total = len(message) + pairs + clause
        if total <= GSM7_ONE_PART:
            return MessageSize(total, False, GSM7_ONE_PART, 1)
        widths = [2 if c in GSM7_EXTENSION else 1 for c in message] if pairs else []
        return MessageSize(total, False, GSM7_PER_PART, _parts(total, GSM7_PER_PART, widths, clause))
    pairs = sum(c > "\uffff" for c in message)
    total = len(message) + pairs + clause
    if total <= UNICODE_ONE_PART:
        return MessageSize(total, True, UNICODE_ONE_PART, 1)
    widths = [2 if c > "\uffff" else 1 for c in message] if pairs else []
    return MessageSize(total, True, UNICODE_PER_PART, _parts(total, UNICODE_PER_PART, widths, clause))


def _parts(total: int, per_part: int, widths: list[int], clause: int) -> int:
    """Number of parts of a long message; ``widths`` is empty when no character takes two units."""
    if not widths:
        return -(-total // per_part)
    parts, used = 1, 0
    for width in widths:
        if used + width > per_part:
            parts, used = parts + 1, 0
        used += width
    return parts + -(-max(0, used + clause - per_part) // per_part)
