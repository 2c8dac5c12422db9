"""Sentences on the characters that make a message Unicode, and on the credits that it costs without them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from math import ceil

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.preview.number_notes import counted

#: Characters that one sentence names at most.
MOST_NAMED = 5


def describe_unicode(prepared: PreparedList) -> str:
    """Describe the cost of a message's own Unicode characters; empty if the message costs no more for them."""
    cheaper = shorter_message(prepared)
    if not cheaper:
        return ""
    return f"The message's own text is Unicode, so the list costs {credits_shown(prepared.credits)} credits; {cheaper}"


def shorter_message(prepared: PreparedList) -> str:
    """Return how the message costs less in the GSM alphabet: ``write o for ô: 620 credits``.

    :returns: empty if it costs no less.
    """
    cost = prepared.gsm7_credits
    if cost is None or cost >= prepared.credits:
        return ""
    return f"{_changes(prepared.unicode_text)}: {credits_shown(cost)} credits"


def budget_advice(prepared: PreparedList, budget: float) -> str:
    """Say what lets a list that costs more than its budget be sent, and which task is cleared then."""
    raised = f"Raise 'budget' to {ceil(prepared.credits):,} or more in the campaign file, then clear *preflight*."
    cheaper = prepared.gsm7_credits
    if cheaper is None or cheaper >= prepared.credits:
        return f"{raised} Or shorten the message or the list, then clear *prepare*."
    changes = _changes(prepared.unicode_text)
    if cheaper <= budget:
        within = f"it then costs {credits_shown(cheaper)} credits, which is within the budget"
        return f"{raised} Or {changes}: {within}. Then clear *prepare*."
    return (
        f"{raised} Or {changes} and raise it to {ceil(cheaper):,} or more, as that text is still above the budget; "
        "then clear *prepare*."
    )


def advice(character: str, stand_in: str) -> str:
    """Return what to do about a character outside of the GSM alphabet.

    :param stand_in: its replacement: empty or itself if there is none.
    """
    if stand_in not in ("", character):
        return f"write {'a blank' if stand_in == ' ' else stand_in}"
    if unicodedata.combining(character):
        return "write the letter and its accent as one character"
    return "leave it out"


def shown(character: str) -> str:
    """Write a character with its code, and with its name if it cannot be seen."""
    code = f"U+{ord(character):04X}"
    if _is_seen(character):
        return f"{character} ({code})"
    nameless = "a control character" if unicodedata.category(character) == "Cc" else "no name"
    return f"{code} ({unicodedata.name(character, nameless).lower()})"


def credits_shown(number: float) -> str:
    """Write credits: a whole number, or one with two to four decimals."""
    if float(number).is_integer():
        return f"{int(number):,}"
    whole, _, rest = f"{number:,.4f}".partition(".")
    return f"{whole}.{rest[:2]}{rest[2:].rstrip('0')}"


def _is_seen(character: str) -> bool:
    return character.isprintable() and not character.isspace() and not unicodedata.combining(character)


def _changes(characters: Mapping[str, str]) -> str:
    """Advice on each character, in one sentence."""
    named = [_change(*each) for each in list(characters.items())[:MOST_NAMED]]
    others = len(characters) - len(named)
    return ", ".join(named) + (f" and replace {counted(others, 'other character')}" if others else "")


def _change(character: str, stand_in: str) -> str:
    name = character if _is_seen(character) else shown(character)
    change = advice(character, stand_in)
    if change.startswith("leave"):
        return f"leave out {name}"
    return f"{change} ({name})" if unicodedata.combining(character) else f"{change} for {name}"
