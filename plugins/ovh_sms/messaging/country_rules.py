"""Rules of single countries: overseas numbers, the French range of fiction, the STOP clause."""

from __future__ import annotations

#: Calling code of metropolitan France.
FRANCE = 33

#: Regions whose numbers French people write in the same national form as their own, one per country code.
OVERSEAS_REGIONS = ("GP", "RE", "GF", "MQ", "YT")

#: The French range that reaches nobody, +33 6 39 98 and four digits, as a number without its last four digits.
FICTION_RANGE = 3363998


def is_fiction(e164: str) -> bool:
    """Return whether an E.164 number belongs to the range that reaches nobody: +33 6 39 98 xx xx."""
    return len(e164) == 12 and e164.startswith(f"+{FICTION_RANGE}")


def takes_stop_clause(e164: str) -> bool:
    """Return whether OVH appends the STOP clause for an E.164 number: for +33 only.

    OVH documents it for France; overseas territories are unknown and taken as no.
    """
    return e164.startswith(f"+{FRANCE}")
