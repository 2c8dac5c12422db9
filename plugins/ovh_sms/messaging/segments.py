"""The length of a message and its segments, counted as a phone network does.

A message that fits GSM 03.38 is counted in septets: 160 in a single segment, 153 in each of several. A character of
the extension table takes two septets, which are never split across segments. Any other character makes the
whole message Unicode, counted in UTF-16 code units: 70 in a single segment, 67 in each of several; a surrogate pair
is never split.

The STOP clause is counted as eleven characters appended to the message, so that 149 characters (59 in
Unicode) still fit one segment. OVH's pages say "149, then 153" and "59, then 70": both would allow a little more
in long messages than the network can carry beside the clause, so this count is equal or one segment higher,
never lower.
"""

from __future__ import annotations

from typing import NamedTuple

#: A line break and ``STOP 36xxx``, which OVH appends to marketing messages.
STOP_CLAUSE_CHARACTERS = 11

GSM7_ONE_SEGMENT, GSM7_PER_SEGMENT = 160, 153
UNICODE_ONE_SEGMENT, UNICODE_PER_SEGMENT = 70, 67

#: A network numbers the segments of a message in one byte.
MOST_SEGMENTS = 255

#: GSM 03.38, basic table: one septet each.
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: GSM 03.38, extension table: an escape and a septet.
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = GSM7_BASIC | GSM7_EXTENSION


class MessageSize(NamedTuple):
    """The length of one message.

    ``characters`` counts septets (or UTF-16 code units if ``unicode``), the STOP clause included;
    ``per_segment`` is how many of them one segment holds: 160 or 153, 70 or 67.
    """

    characters: int
    unicode: bool
    per_segment: int
    segments: int

    @property
    def surplus(self) -> int:
        """Characters to leave out, as counted here, for a segment less; 0 if there is only one.

        It is a lower bound for three segments and more if some characters take two units.
        """
        return max(1, self.above(self.segments - 1)) if self.segments > 1 else 0

    @property
    def too_long(self) -> str:
        """Say by how much a message is longer than a network carries: ``12 characters too long``; empty if it fits."""
        if self.segments <= MOST_SEGMENTS:
            return ""
        surplus = max(1, self.above(MOST_SEGMENTS))
        return f"{surplus:,} character{'s'[: surplus != 1]} too long"

    def above(self, segments: int) -> int:
        """Return how many characters are more than so many segments hold; 0 or less if they fit."""
        one = UNICODE_ONE_SEGMENT if self.unicode else GSM7_ONE_SEGMENT
        several = UNICODE_PER_SEGMENT if self.unicode else GSM7_PER_SEGMENT
        return self.characters - (one if segments == 1 else segments * several)


def is_gsm7(text: str) -> bool:
    """Return whether each character of a text is in GSM 03.38, so that it is not costlier Unicode."""
    return _GSM7.issuperset(text)


def not_gsm7(text: str) -> list[str]:
    """Return the distinct characters outside GSM 03.38, in order of appearance."""
    return [character for character in dict.fromkeys(text) if character not in _GSM7]


def measure(message: str, *, stop_clause: bool = False) -> MessageSize:
    """Count the segments of one merged message, which are its cost.

    :param message: the text as the receiver would read it, without the STOP clause.
    :returns: its size; an empty message still takes one segment.
    """
    clause = STOP_CLAUSE_CHARACTERS if stop_clause else 0
    if is_gsm7(message):
        pairs = 0 if GSM7_EXTENSION.isdisjoint(message) else sum(c in GSM7_EXTENSION for c in message)
        total = len(message) + pairs + clause
        if total <= GSM7_ONE_SEGMENT:
            return MessageSize(total, False, GSM7_ONE_SEGMENT, 1)
        widths = [2 if c in GSM7_EXTENSION else 1 for c in message] if pairs else []
        return MessageSize(total, False, GSM7_PER_SEGMENT, _segments(total, GSM7_PER_SEGMENT, widths, clause))
    pairs = sum(c > "\uffff" for c in message)
    total = len(message) + pairs + clause
    if total <= UNICODE_ONE_SEGMENT:
        return MessageSize(total, True, UNICODE_ONE_SEGMENT, 1)
    widths = [2 if c > "\uffff" else 1 for c in message] if pairs else []
    return MessageSize(total, True, UNICODE_PER_SEGMENT, _segments(total, UNICODE_PER_SEGMENT, widths, clause))


def _segments(total: int, per_segment: int, widths: list[int], clause: int) -> int:
    """Number of segments of a long message; ``widths`` is empty if no character takes two units."""
    if not widths:
        return -(-total // per_segment)
    segments, used = 1, 0
    for width in widths:
        if used + width > per_segment:
            segments, used = segments + 1, 0
        used += width
    return segments + -(-max(0, used + clause - per_segment) // per_segment)
