"""Write a text in the GSM alphabet, as far as its meaning stays the same."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ovh_sms.messaging.segments import is_gsm7

#: Characters that decomposition does not give: typographic marks, ligatures, letters of their own.
_TABLE = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2039\u203a", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " "),
    **dict.fromkeys("\u2028\u2029\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0f", ""),  # invisible
    "\u0153": "oe",
    "\u0152": "OE",
    "\u2026": "...",
    "\u2022": "-",
    "\u00b7": ".",
    "\u00b0": "o",
    "\u00d7": "x",
    "\u2044": "/",
    "\u0131": "i",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\u00f0": "d",
    "\u00d0": "D",
    "\u00fe": "th",
    "\u00de": "Th",
}


def to_gsm7(text: str) -> tuple[str, dict[str, str]]:
    """Replace the characters OVH would refuse in a list, and those that would make a message Unicode.

    ``é`` and ``€`` stay, ``ê`` becomes ``e``, ``ç`` ``c``, ``œ`` ``oe``, ``’`` ``'``. An emoji, or a letter of
    another alphabet, has no counterpart: it stays, and is returned as replaced by itself.

    :returns: the text, and each character that is not GSM 03.38 with its replacement.
    """
    if is_gsm7(text):
        return text, {}
    # Composed first, so that an e and its accent are one character: é is in the alphabet, the bare accent is not.
    composed = unicodedata.normalize("NFC", text)
    replaced = {each: _stand_in(each) for each in dict.fromkeys(composed) if not is_gsm7(each)}
    return "".join(replaced.get(each, each) for each in composed), replaced


@lru_cache(maxsize=4096)
def _stand_in(character: str) -> str:
    """Replacement of one character outside of the alphabet: itself if there is none."""
    known = _TABLE.get(character)
    if known is not None:
        return known
    plain = unicodedata.normalize("NFKD", character)
    kept = "".join(_TABLE.get(each, each) for each in plain if not unicodedata.combining(each) or len(plain) == 1)
    return kept if kept and is_gsm7(kept) else character
