"""Links and contact details in a text: OVH refuses some of them, and operators block others."""

from __future__ import annotations

import re

_DETAILS = (
    (
        "a web address",
        re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?-i:[a-z]{2,}|[A-Z]{2,})/\S*", re.IGNORECASE),
    ),
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.\w+")),
    ("a phone number", re.compile(r"(?<!\d)(?:\+|00?)[ .()-]{0,2}\d(?:[ .()-]{0,2}\d){8,}")),
)
#: A day in figures, which is no part of a phone number; that one goes on.
_DAY = re.compile(
    r"(?=\d)(?<!\d)(?<!\d[/.-])(?:(?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:(?:19|20)\d\d|\d\d)"
    r"|(?:19|20)\d\d[/.-](?:0?[1-9]|1[0-2])[/.-](?:0?[1-9]|[12]\d|3[01]))(?!\d|[/.-]\d)"
)
_SHORT_NUMBER = re.compile(
    r"(?=[3-8])(?<!\d)(?<!\d[.,])(?:[3-8]\d{4}|3\d{3})(?!\d|[.,]\d|\s*(?:€|euros?|points?|pts))", re.IGNORECASE
)
#: Words before a short number; a semicolon or a line break ends a value of a list.
_CALL = re.compile(
    r"\b(?:au|sms|stop|t[eé]l\w*|num[eé]ro|appel\w*|envo[iy]\w*|compos\w*|r[eé]pond\w*|contact\w*|faites|tap\w*)"
    r"[^\w;\n]{0,3}(?:(?:le|au|du)[^\w;\n]+)?\Z",
    re.IGNORECASE,
)
#: What is no short number by itself: a code, a town's postal code, a value that is a number alone.
_CODE = re.compile(r"\b(?:codes?|cp|r[eé]f\w*|n[°o]|commande|dossier|facture)[^\w;\n]{0,3}\Z", re.IGNORECASE)
_TOWN = re.compile(r"[\s;,)-]{0,3}[A-ZÀ-Ý]")
_LONGEST_CALL = 40
#: Services whose links operators take for fraud and block.
_SHORTENERS = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|urlz\.fr|lc\.cx|cutt\.ly|switchy\.io|goo\.gl|ow\.ly|is\.gd|t\.ly|rebrand\.ly|rb\.gy"
    r"|shorturl\.at|v\.gd|buff\.ly)/",
    re.IGNORECASE,
)


def contact_detail_in(text: str) -> tuple[str, str] | None:
    """Find what OVH refuses in a message that people answer to a short number.

    :returns: the kind and the text of the first one; ``None`` if there is none.
    """
    without_days = _DAY.sub("|", text)
    for kind, pattern in _DETAILS:
        found = pattern.search(without_days)
        if found:
            return kind, found[0]
    number = _short_number_in(text)
    return ("a short number", number) if number else None


def _short_number_in(text: str) -> str:
    """The first short number: five figures from 3, or any behind a word that asks to call it."""
    for found in _SHORT_NUMBER.finditer(text):
        before, after = text[max(0, found.start() - _LONGEST_CALL) : found.start()], text[found.end() : found.end() + 4]
        in_word = before[-1:].isalpha()
        is_value = before[-1:] in ("", ";", "\n") and after[:1] in ("", ";", "\n")
        if _CALL.search(before):
            return found[0]
        if (
            len(found[0]) == 5
            and found[0][0] == "3"
            and not (in_word or is_value or _TOWN.match(after) or _CODE.search(before))
        ):
            return found[0]
    return ""


def link_shortener_in(text: str) -> str:
    """Return the public link shortener that a text uses; empty if it uses none."""
    found = _SHORTENERS.search(text)
    return found[0].rstrip("/") if found else ""
