"""Refuses messages that say what no author means: another program's placeholders, a stray ``#``, escaped text.

OVH merges after us, and its rule for ``#`` is not documented. A ``#`` that is plain text is sent only where no second
one could make a pair with it: in a message without placeholders, once. There, ``##`` may be written for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ovh_sms.errors import ConfigurationError, ContactsError
from ovh_sms.messaging.column_names import clean_name, listed
from ovh_sms.messaging.escaped_text import find_escaped, meaning_of
from ovh_sms.messaging.mail_merge import check_placeholders, placeholders, render, split_message
from ovh_sms.messaging.placeholder_dialects import column_meant, find_dialect_placeholders
from ovh_sms.messaging.segments import MOST_SEGMENTS, STOP_CLAUSE_CHARACTERS, is_gsm7, measure
from ovh_sms.messaging.transliterate import to_gsm7
from ovh_sms.messaging.web_addresses import address_columns

_SHARPS = re.compile("##?")
_NAME_WORD = re.compile(r"\w+")
#: Words that a column's name may have if its placeholder is not closed.
_MOST_WORDS = 12
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_]+")


def check_message(message: str, columns: Sequence[str]) -> dict[str, int]:
    """Make sure that everybody reads what the author means.

    :param columns: the contact list's column names, as :func:`~ovh_sms.messaging.column_names.clean_name` writes them.
    :returns: position of the column that each placeholder means.
    :raises ContactsError: a placeholder means no column or several, is not closed, or is another program's.
    :raises ConfigurationError: the message is escaped for a program, or has a ``#`` that OVH may take for half a pair.
    """
    found = check_placeholders(message, columns)
    texts = "\n".join(split_message(message)[::2])
    others = find_dialect_placeholders(texts, columns)
    if others:
        hints = listed(each.shown + (f" (write #{each.meant}#)" if each.meant else "") for each in others)
        raise ContactsError(
            f"The message has {hints}, which OVH does not merge: everybody would read it as it stands.",
            action="Write the name of a column between two sharps, as #prenom#. Write plain text without these signs.",
        )
    halves = _half_placeholders(message, columns)
    if halves:
        raise ContactsError(
            f"The message has a placeholder with one # only: {listed(f'write #{name}#' for name in halves)}.",
            action="Nothing was prepared. Close each placeholder, and put two of them side by side as #prenom##nom#.",
        )
    check_text(message)
    return found


def check_text(message: str) -> None:
    """Refuse a message that no list can make right.

    :raises ConfigurationError: it is escaped for a program, or has a ``#`` that OVH may take for half of a pair.
    """
    mistake = text_mistake(message)
    if mistake:
        raise ConfigurationError(f"The message {mistake}.", action="Nothing was prepared. Correct the message.")


def check_length(message: str, *, stop_clause: bool) -> None:
    """Refuse a message whose own text, without any value, is longer than a network can carry.

    :raises ConfigurationError: it is, with the number of characters to leave out.
    """
    size = measure(render(message, dict.fromkeys(placeholders(message), "")), stop_clause=stop_clause)
    if not size.too_long:
        return
    alphabet = "in Unicode" if size.unicode else "in the GSM alphabet"
    clause = f", {STOP_CLAUSE_CHARACTERS} of them for the STOP clause" if stop_clause else ""
    most = size.characters - size.above(MOST_SEGMENTS)
    raise ConfigurationError(
        f"The message is {size.too_long}: it counts {size.characters:,} "
        f"{alphabet}{clause}, and {MOST_SEGMENTS} segments hold {most:,}.",
        action="Nothing was prepared. Shorten the message.",
    )


def check_encodable(message: str) -> None:
    """Refuse a message whose values cannot be encoded for its web addresses.

    :raises ConfigurationError: a column stands in an address and in the text, and OVH merges one value for both.
    """
    inside, outside = address_columns(message)
    both = [name for name in inside if name in outside]
    if both:
        raise ConfigurationError(
            f"The message uses {listed(f'#{name}#' for name in both)} in a web address and as text, too.",
            action="Nothing was prepared. Give the list a column of its own for the address.",
        )


def text_mistake(message: str) -> str:
    """Say what is wrong with a message for every contact list; empty if nothing is."""
    escaped = find_escaped(message)
    if escaped:
        meant = meaning_of(escaped)
        shown = "a line break" if meant == "\n" else repr(meant) if meant and meant.strip() else "a blank"
        tag = "SMS have no bold or coloured text" if escaped.startswith("<") else "leave it out"
        advice = tag if meant is None else f"write {shown}"
        hint = "; in YAML, write the message after `message: |`" if escaped.startswith("\\") else ""
        return f"holds {escaped}, which everybody would read as it stands: {advice}{hint}"
    sharps = sum(len(_SHARPS.findall(text)) for text in split_message(message)[::2])
    if sharps and placeholders(message):
        return "has a # beside its placeholders, and OVH may take it for the beginning of one: write it without #"
    if sharps > 1:
        return "has two # that OVH may take for a placeholder: write at most one"
    return ""


def as_sent(message: str) -> str:
    """Write a message as OVH is given it: ``##`` as ``#``, and names of columns in ASCII if they are not GSM-7."""
    texts = list(split_message(message))
    names = names_at_ovh(message)
    texts[::2] = [text.replace("##", "#") for text in texts[::2]]
    texts[1::2] = [f"#{names[name]}#" for name in texts[1::2]]
    return "".join(texts)


def names_at_ovh(message: str) -> dict[str, str]:
    """Return the name that each column of a message has at OVH, which may refuse other characters than GSM-7's."""
    names: dict[str, str] = {}
    used = placeholders(message)
    for name in used:
        names[name] = name if is_gsm7(name) else _renamed(clean_name(name), {*used, *names.values()})
    return names


def _renamed(name: str, taken: set[str]) -> str:
    """A name that OVH takes, and that no other column has; in ASCII if the name itself is not GSM-7."""
    if is_gsm7(name) and name not in taken:
        return name
    plain = _NOT_A_NAME.sub("_", to_gsm7(name)[0].encode("ascii", "ignore").decode()).strip("_") or "column"
    number = 1
    while (found := plain if number == 1 else f"{plain}_{number}") in taken or found.casefold() == "number":
        number += 1
    return found


def _half_placeholders(message: str, columns: Sequence[str]) -> list[str]:
    """The columns beside a single sharp: ``#prenom,``, ``#Nom de famille !`` or ``#prenom#nom#``."""
    found: dict[str, None] = {}
    for text in split_message(message)[::2]:
        for sharp in _SHARPS.finditer(text):
            if len(sharp[0]) == 2:
                continue
            before, after = text[: sharp.start()].split("\n")[-1], text[sharp.end() :].partition("\n")[0]
            for names in (_beginnings(after), _ends(before)):
                meant = next(filter(None, (column_meant(name, columns) for name in names)), "")
                if meant:
                    found[meant] = None
    return list(found)


def _beginnings(text: str) -> list[str]:
    """Texts that a name at the beginning of a text can be, the longest first; none if a blank stands there."""
    words = [] if text[:1].isspace() else [each.end() for each in _NAME_WORD.finditer(text)]
    return [text[:end] for end in reversed(words[:_MOST_WORDS])]


def _ends(text: str) -> list[str]:
    """Texts that a name at the end of a text can be, the longest first; none if a blank stands there."""
    words = [] if text[-1:].isspace() else [each.start() for each in _NAME_WORD.finditer(text)]
    return [text[start:] for start in words[-_MOST_WORDS:]]
