"""Rules of single countries: overseas numbers, the French range of fiction, the STOP clause. A new one goes here.

Whether a number is a mobile one: ``phone_numbers.normalise``. The hours in which SMS may leave: ``sending_window``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Calling code of metropolitan France.
FRANCE = 33

#: Calling codes whose numbers get the STOP clause. OVH documents it for France; overseas territories are unknown and
#: taken as no.
STOP_CLAUSE_CODES = (FRANCE,)

#: Regions whose numbers French people write in the same national form as their own, one per country code.
OVERSEAS_REGIONS = ("GP", "RE", "GF", "MQ", "YT")

#: France and the regions whose people write each other's numbers in the national form, or have kept one of elsewhere.
FRENCH_REGIONS = ("FR", *OVERSEAS_REGIONS, "BL", "MF")

#: The French range that reaches nobody, +33 6 39 98 and four digits, as a number without its last four digits.
FICTION_RANGE = 3363998

#: Countries in which operators refuse or replace a sender's name that was not declared to them. Spain: OVH's guide of
#: September 2026, by a ticket to OVH. Finland, Thailand: reported by others. United States, Canada: operators carry no
#: names at all, numbers alone.
DECLARED_SENDERS = {
    "ES": "declare the sender to OVH by a ticket",
    "FI": "declare the sender to OVH by a ticket",
    "TH": "declare the sender to OVH by a ticket",
    "US": "operators carry no names there",
    "CA": "operators carry no names there",
}

#: Countries that OVH's list of rates does not name (its API's ``sms.CountryEnum`` of 2026); it refuses to be asked.
WITHOUT_RATE = frozenset(
    (
        *("AC", "AS", "AX", "BL", "BQ", "CC", "CW", "CX", "DJ", "DO", "EH", "ER", "FM", "GG", "IM", "JE", "KI", "KP"),
        *("MC", "MF", "MH", "MM", "MP", "NF", "NR", "NU", "PM", "PR", "PW", "SH", "SJ", "SS", "SX", "TA", "TK", "TV"),
        *("VA", "WF", "XK", "001"),
    )
)


def is_fiction(e164: str) -> bool:
    """Return whether an E.164 number belongs to the range that reaches nobody: +33 6 39 98 xx xx."""
    return len(e164) == 12 and e164.startswith(f"+{FICTION_RANGE}")


def takes_stop_clause(e164: str) -> bool:
    """Return whether OVH appends the STOP clause for an E.164 number."""
    return e164.startswith(tuple(f"+{code}" for code in STOP_CLAUSE_CODES))


def codes_with_stop_clause(codes: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Return for each calling code whether OVH appends the STOP clause to its numbers."""
    import numpy as np

    return np.isin(codes, STOP_CLAUSE_CODES)
