"""Which encoding of one byte per character a text is in, by the plausibility of what would be read.

charset-normalizer, restricted to the same encodings, read 9 of 40 lists of two French first names wrong and never said
that it was unsure; names are short, and a list has few of them. So the characters themselves are weighed here: how
common each is in French and its neighbours' languages, and whether it can stand where it stands. A capital behind a
small letter, a sign of currency inside a word, or a frame of a box is hardly what a person wrote.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import NamedTuple

#: Candidates, each with how common it is among files that are no UTF-8.
CANDIDATES = {"cp1252": 0.9, "iso8859-15": 0.04, "cp850": 0.03, "mac_roman": 0.03}
#: An encoding less sure than this is not used.
CERTAIN = 0.98
#: More characters than this share that nobody writes so: the text is in none of the candidates.
_MOST_IMPLAUSIBLE, _IMPLAUSIBLE = 0.05, -8.0

#: Weights of characters: natural logarithms of how often they are met among those that are not ASCII.
_LETTERS = {
    **dict.fromkeys("éè", -1.5),
    **dict.fromkeys("êàçôîïëâ", -3.3),
    **dict.fromkeys("ûùœüöäñáíóúãõ", -4.5),
    **dict.fromkeys("ßøåæìò", -6.5),
    **dict.fromkeys("É", -3.0),
    **dict.fromkeys("ÈÀÇÊÔ", -4.0),
    **dict.fromkeys("ÎÛÏËÂÜÖÄÑÁÍÓÚØÅŒ", -6.0),
    **dict.fromkeys("ÙÌÒÆÃÕ", -7.5),
    **dict.fromkeys("ÿŸšŠžŽ", -7.9),
}
_AFTER_NUMBERS, _APOSTROPHE, _MARKS = "€°%£²³", "’", "«»“”–—…·•\u00a0ºª®©™"
_PAIRS = {each for pair in ("éé", "çã", "çõ", "úñ", "ñó", "ñí", "äß", "öß", "üß") for each in (pair, pair.upper())}
_SMALL_FIRST, _OTHER, _MISPLACED, _ABSURD = -4.0, -9.0, -9.0, -14.0
_MOST_SHOWN = 3
_WORD = re.compile(rb"[A-Za-z0-9'\x80-\xff-]*[\x80-\xff][A-Za-z0-9'\x80-\xff-]*")


class Guess(NamedTuple):
    """The most plausible encoding, how sure it is from 0 to 1, and all that may be meant, the best first."""

    encoding: str
    certainty: float
    possible: tuple[str, ...]


def guess(contexts: Collection[bytes]) -> Guess | None:
    """Guess the encoding of a text.

    :param contexts: the bytes above 127, each with the one before and the one behind it; distinct ones.
    :returns: None if no candidate can read all of them.
    """
    weights = {}
    readings: dict[str, dict[bytes, str]] = {}
    for encoding, share in CANDIDATES.items():
        read = {context: context.decode(encoding, "replace") for context in contexts}
        if any("\ufffd" in text or unicodedata.category(text[1]) == "Cc" for text in read.values()):
            continue
        readings[encoding] = read
        # A name that stands in many rows is evidence once, not many times.
        weights[encoding] = math.log(share) + sum(_weight(*text) for text in read.values())
    if not weights:
        return None
    order = sorted(weights, key=lambda encoding: -weights[encoding])
    best = order[0]
    others = [each for each in order if readings[each] != readings[best]]
    odds = sum(math.exp(max(weights[each] - weights[best], -700)) for each in others)
    implausible = sum(_weight(*text) < _IMPLAUSIBLE or _beside_another(*text) for text in readings[best].values())
    if implausible > _MOST_IMPLAUSIBLE * len(contexts):
        return Guess(best, 0.0, tuple(order[:_MOST_SHOWN]))
    return Guess(best, 1 / (1 + odds), (best, *others[: _MOST_SHOWN - 1]))


def first_words(lines: Iterable[bytes], count: int) -> list[bytes]:
    """Return the first distinct words with a byte above 127."""
    found: dict[bytes, None] = {}
    for line in lines:
        found.update(dict.fromkeys(_WORD.findall(line)))
        if len(found) >= count:
            break
    return list(found)[:count]


def _beside_another(before: str, character: str, after: str) -> bool:
    """Return whether two letters with accents stand side by side that never do in these languages."""
    pairs = {before + character, character + after} - _PAIRS
    return any(pair.isalpha() and not pair[0].isascii() and not pair[1].isascii() for pair in pairs)


def _weight(before: str, character: str, after: str) -> float:
    """Weigh a character between two others; higher is more plausible."""
    inside = before.isalpha() and after.isalpha()
    if character in _LETTERS:
        weight = _LETTERS[character]
        if character.isupper():
            alone = not before.isalpha() and after.islower()
            capitals = before.isupper() or (not before.isalpha() and not after.islower())
            weight += 0 if alone or (capitals and not after.islower()) else _MISPLACED
        elif before.isupper() and after.isupper() and character != "ß":
            weight += _MISPLACED
        elif not before.isalpha() and not after.isalpha():
            weight += 0 if character == "à" else _MISPLACED / 2
        elif not before.isalpha() and before not in "'-":
            weight += _SMALL_FIRST
        return weight + (_MISPLACED if before.isdigit() else 0)
    if character in _AFTER_NUMBERS:
        fits = (
            before.isdigit() or (before in " \u00a0" and not after.isalpha()) or (character == "°" and before in "nN")
        )
        return -2.5 if fits else _ABSURD
    if character == _APOSTROPHE:
        return -2.5 if inside else _OTHER
    if character in _MARKS:
        return _OTHER if inside else -5.0
    return _ABSURD
