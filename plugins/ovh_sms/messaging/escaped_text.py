"""Text that a program has escaped for another one: ``&#39;`` for an apostrophe, ``\\n`` for a line break.

Nobody writes so to people, and a phone shows it as it stands. An address on the web may hold ``%20``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from urllib.parse import unquote

_MOST_TIMES = 3
_ENTITY = re.compile(
    r"&(?:(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{2,31}|[lg]t|[LG]T);"
    r"|#\d{2,7}(?!\d)|#[xX][0-9A-Fa-f]{2}(?![0-9A-Fa-f])"
    r"|(?:[A-Za-z]{1,2}(?:acute|grave|circ|cedil|tilde|uml|lig)|(?:amp|quot|nbsp|[lr]aquo)(?![A-Za-z]))(?!=))"
)
_PAIR = r"u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
#: A backslash behind ``/!`` draws a warning sign.
_BACKSLASH = re.compile(rf"""(?<!/!)\\(?:r\\n|[nrt](?![a-z]*\\)|{_PAIR}|u[0-9A-Fa-f]{{4}}|x[0-9A-Fa-f]{{2}}|["'/])""")
_TAG = re.compile(
    r"<!--[\s\S]*?-->|</?(?:a|b|i|u|p|br|hr|div|em|font|h[1-6]|img|li|ol|span|strong|sup|table|td|tr|ul)(?:\s[^<>]*)?/?\s*>",
    re.IGNORECASE,
)
#: A byte beyond ASCII begins one of UTF-8's characters; a sign is sure only inside a word, as "-20%20 ans" is text.
_SIGNS = r"(?:%2[0-9A-F])+"
_PERCENT = re.compile(
    r"%[CDE][0-9A-F](?:%[89AB][0-9A-F]){1,2}"
    rf"|(?<=[^\W\d_]){_SIGNS}(?=[^\W_]|%[CDE][0-9A-F])|(?<=\d){_SIGNS}(?=[^\W\d_]|%[CDE][0-9A-F])",
    re.IGNORECASE,
)
_QUOTED_PRINTABLE = re.compile(r"=[CDE][0-9A-F](?:=[89AB][0-9A-F]){1,2}")
_WEB_ADDRESS = re.compile(r"(?<!\S)\S*(?:://|www\.)\S*|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?::\d+)?[/?]\S*")
_BACKSLASHED = {"n": "\n", "r\\n": "\n", "r": "\n", "t": " "}


def find_escaped(text: str) -> str:
    """Return the first escaped character of a text, as it stands there; empty if there is none."""
    return min(_escaped(text), default=(0, ""))[1]


def meaning_of(escaped: str) -> str | None:
    """Return the text that was meant; ``None`` for a tag, and for half of a character."""
    if escaped.startswith("&"):
        return unescape(escaped).replace("\u00a0", " ")
    if escaped.startswith("<"):
        return "\n" if re.match(r"<(?:br|/(?:p|div|li|tr))\b", escaped, re.IGNORECASE) else None
    if escaped.startswith("\\"):
        kind = escaped[1:]
        if kind in _BACKSLASHED:
            return _BACKSLASHED[kind]
        return kind if len(kind) == 1 else _character(kind)
    return unquote(escaped.replace("=", "%"))


def unescape_text(text: str) -> str:
    """Write what was meant for each escaped character, as often as the text was escaped; tags stay."""
    for _ in range(_MOST_TIMES):
        found_at = sorted(_escaped(text), reverse=True)
        before, end = text, len(text)
        for at, shown in found_at:
            meant = meaning_of(shown)
            if meant is not None and at + len(shown) <= end:
                text, end = text[:at] + meant + text[at + len(shown) :], at
        if text == before:
            break
    return text


def _character(codes: str) -> str | None:
    """The character of ``u00e9``, ``xe9`` or two surrogates; ``None`` if one of these stands alone."""
    units = b"".join(int(code[1:], 16).to_bytes(2, "big") for code in codes.split("\\"))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return None


def _escaped(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of each escaped character, in no order."""
    if "&" in text:
        for found in _ENTITY.finditer(text):
            if found[0][1] == "#" or found[0][1:] in html5:
                yield found.start(), found[0]
    for sign, pattern in (("\\", _BACKSLASH), ("<", _TAG), ("=", _QUOTED_PRINTABLE)):
        if sign in text:
            yield from ((found.start(), found[0]) for found in pattern.finditer(text))
    if "%" in text:
        outside = _WEB_ADDRESS.sub(lambda found: " " * len(found[0]), text)
        yield from ((found.start(), found[0]) for found in _PERCENT.finditer(outside))
