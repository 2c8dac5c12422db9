"""The day on which somebody has agreed, as a contact list writes it."""

from __future__ import annotations

import re
from datetime import date

from ovh_sms.contacts.read.date_formats import FRENCH
from ovh_sms.messaging.consent_words import plain_word

_FRENCH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_WORDS = re.compile(r"(?:[^\W\d]+\.? )?(\d{1,2})(?:er)? ([^\W\d]+\.?) (\d{4})(?: .*)?")
#: Months by their names in plain letters, in full and short.
_MONTHS = {plain_word(name): at for names in (FRENCH.months, FRENCH.short_months) for at, name in enumerate(names, 1)}
_CENTURY = 2000


def day_in(value: str) -> date | None:
    """Return the day that a value names: ``01/03/2026``, ``01/03/26``, ``1 mars 2026`` or ``2026-03-01``."""
    text = " ".join(value.split())
    french, iso, words = _FRENCH.fullmatch(text), _ISO.fullmatch(text), _WORDS.fullmatch(text)
    try:
        if french:
            year = int(french[3]) + (_CENTURY if len(french[3]) == 2 else 0)
            return date(year, int(french[2]), int(french[1]))
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return date(int(words[3]), _MONTHS.get(plain_word(words[2]), 0), int(words[1])) if words else None
    except ValueError:
        return None
