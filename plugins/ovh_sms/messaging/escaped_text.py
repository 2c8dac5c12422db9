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
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BACKSLASH = re.compile(r"""\\(?:r\\n|[nrt](?![a-z]*\\)|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["'/])""")
_TAG = re.compile(
    r"<\s*/?\s*(?:a|b|i|u|p|br|hr|div|em|font|h[1-6]|img|li|ol|span|strong|sup|table|td|tr|ul)(?:\s[^<>]*)?/?\s*>",
    re.IGNORECASE,
)
#: A byte beyond ASCII begins one of UTF-8's characters; a blank is sure between letters alone.
_PERCENT = re.compile(r"(?:%[CDE][0-9A-F](?:%[89AB][0-9A-F]){1,2})|(?<=[^\W\d_])%20(?=[^\W\d_])", re.IGNORECASE)
_QUOTED_PRINTABLE = re.compile(r"=[CDE][0-9A-F](?:=[89AB][0-9A-F]){1,2}")
_WEB_ADDRESS = re.compile(r"\S*(?:://|www\.)\S*")
_BACKSLASHED = {"n": "\n", "r\\n": "\n", "r": "\n", "t": " "}


def find_escaped(text: str) -> str:
    """Return the first escaped character of a text, as it stands there; empty if there is none."""
    return min(_escaped(text), default=(0, ""))[1]


def meaning_of(escaped: str) -> str | None:
    """Return the text that was meant; ``None`` for a tag without one."""
    if escaped.startswith("&"):
        return unescape(escaped).replace("\u00a0", " ")
    if escaped.startswith("<"):
        return "\n" if re.match(r"<\s*(?:br|/\s*(?:p|div|li|tr))\b", escaped, re.IGNORECASE) else None
    if escaped.startswith("\\"):
        kind = escaped[1:]
        if kind in _BACKSLASHED:
            return _BACKSLASHED[kind]
        return kind if len(kind) == 1 else chr(int(kind[1:], 16))
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
