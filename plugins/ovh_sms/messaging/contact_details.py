"""Links and contact details in a text: OVH refuses some of them, and operators block others."""

from __future__ import annotations

import re

_DETAILS = (
    ("a web address", re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE)),
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.\w+")),
    ("a phone number", re.compile(r"(?<!\d)(?:\+|00?)\d(?:[ .()-]{0,2}\d){8,}")),
    ("a short number", re.compile(r"(?<![\d.,])(?:[3-8]\d{4}|3\d{3})(?![\d.,]|\s*(?:€|euros?|EUR|points?|pts))")),
)
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
    for kind, pattern in _DETAILS:
        found = pattern.search(text)
        if found:
            return kind, found[0]
    return None


def link_shortener_in(text: str) -> str:
    """Return the public link shortener that a text uses; empty if it uses none."""
    found = _SHORTENERS.search(text)
    return found[0].rstrip("/") if found else ""
