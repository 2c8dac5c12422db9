"""A phone number as the pages show it: in groups, whole or masked."""

from __future__ import annotations

#: Digits behind the calling code that stay readable at the start and at the end, and those that are hidden at least.
_FIRST, _LAST, _HIDDEN = 3, 2, 4
_MASK = "·"


def masked_number(number: str) -> str:
    """Write a number so that a person recognises their own, and nobody else learns it: ``+33 6 39 ·· ·· 12``.

    :param number: E.164; of anything else the last two characters stay readable.
    """
    shown = grouped_number(number)
    calling, _, national = shown.partition(" ")
    if not number.startswith("+") or not national:
        return f"{_MASK * max(0, len(number) - _LAST)}{number[-_LAST:]}"
    digits = sum(map(str.isdigit, national))
    first = max(0, min(_FIRST, digits - _LAST - _HIDDEN))
    text, at = "", 0
    for character in national:
        if character.isdigit():
            at += 1
            character = character if at <= first or at > digits - _LAST else _MASK
        text += character
    return f"{calling} {text}"


def grouped_number(number: str) -> str:
    """Write an E.164 number in the groups of its country: ``+33 6 39 98 00 12``; anything else as it is."""
    import phonenumbers

    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def country_of_code(code: int, language: str) -> str:
    """Name the country of a calling code, the main one if several share it: ``France (+33)``.

    :param language: ``en`` or ``fr``.
    """
    from babel import Locale
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    name = Locale(language).territories.get(regions[0]) if regions else None
    return f"{name} (+{code})" if name else f"+{code}"
