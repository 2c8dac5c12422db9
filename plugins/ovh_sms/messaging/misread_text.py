"""UTF-8 that a program has read in another encoding and saved: ``FranÃ§oise`` for Françoise.

No text that people write holds these pairs and triples of characters: each is a character of western Europe in UTF-8,
whose bytes were taken for characters of their own. They are found in lists of any encoding.
"""

from __future__ import annotations

import re
import unicodedata

_READ_AS = ("cp1252", "latin-1", "iso8859-15", "mac_roman", "cp850", "cp437")
#: Characters of French and its neighbours; the last are accents that stand alone.
_WESTERN = (
    "".join(map(chr, range(0xA0, 0x100)))
    + "ŒœŠšŸŽžƒ€‘’‚“”„–—…•‰™‹›\u202f\u2009"
    + "\u0300\u0301\u0302\u0303\u0308\u030a\u0327"
)
#: Letters that no list of these languages holds if the same characters stand for another one.
_RARE = "þÞýÝ"
_MOST_TIMES = 3


def _misread(character: str, encoding: str) -> str:
    # Programs take a byte that an encoding leaves out for the control character of its number.
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in character.encode())


def _readings() -> dict[str, list[str]]:
    """All characters that each misread one may stand for, the likeliest last."""
    found: dict[str, list[str]] = {}
    for encoding in reversed(_READ_AS):
        for character in _WESTERN:
            found.setdefault(_misread(character, encoding), []).append(character)
    return {misread: [each for each in among if each not in _RARE] or among for misread, among in found.items()}


_READINGS = _readings()
_MEANT = {misread: among[-1] for misread, among in _READINGS.items()}
#: The small letter and the capital that the same characters may stand for: ``Ãš`` is è or Ú.
_EITHER = {
    misread: (small, among[-1])
    for misread, among in _READINGS.items()
    if (small := next(filter(str.islower, among), "")) and among[-1].isupper()
}
_WHOLE = re.compile("|".join(map(re.escape, sorted(_MEANT, key=len, reverse=True))))
#: The beginnings of emoji, which cannot be repaired: 😀, ✅ and ❤ begin so.
_EMOJI = "ð[Ÿ\x9f]|\uf8ffü|\xadƒ|≡ƒ|â[\x98-\x9e˜™š›œž†‡]|â¤|‚ù§|Ô[ÿ£Ø]|Γ[ÿ£¥₧]"
#: The first half of one, whose second half is lost: ``voilÃ`` for voilà.
_HALF = re.compile(f"(?<![A-ZÀ-ÖØ-Þ])[ÃÂ](?![A-Za-zÀ-ÖØ-öø-ÿ])|â€|[√├┬]|{_EMOJI}")


def find_misread(text: str) -> str:
    """Return the first misread character of a text, or its beginning, as it stands there; empty if there is none."""
    found = _WHOLE.search(text) or _HALF.search(text)
    return found[0] if found else ""


def meaning_of(misread: str) -> str:
    """Return the character that was meant; empty if that is not known."""
    return _MEANT.get(misread, "")


def repair(text: str) -> str:
    """Replace misread characters by those that were meant, as often as the text was misread.

    :returns: the text, composed (NFC); what cannot be repaired stays.
    """
    for _ in range(_MOST_TIMES):
        repaired = _WHOLE.sub(_meant, text)
        if repaired == text:
            break
        text = repaired
    return unicodedata.normalize("NFC", text)


def _meant(found: re.Match[str]) -> str:
    """The character that was meant; at the beginning of a word, a small letter or a capital cannot be chosen."""
    if found[0] not in _EITHER:
        return _MEANT[found[0]]
    small, capital = _EITHER[found[0]]
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    if before.islower() or (before.isupper() and after.islower()):
        return small
    return capital if before.isupper() else found[0]
