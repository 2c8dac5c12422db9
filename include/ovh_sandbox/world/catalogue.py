"""Constants: delivery codes, rates, prices of credits."""

from typing import Any

from ..errors import bad, missing
from .numbers import OTHER_COUNTRIES, RATES

_P, _T, _I = "permanent", "temporary", "indeterminated"

# ptt → comment, description, duration. The first table of OVH's guides, then the codes that only the second one has.
PTTS: dict[int, tuple[str, str, str]] = {
    0: ("No error", "Success", _P),
    1: ("Intermediate state, handset", "Retry, the handset did not answer yet", _T),
    2: ("Intermediate state, operator", "Retry, the operator did not answer yet", _T),
    3: ("Intermediate state", "Accepted by the operator", _T),
    4: ("Delivered", "Message delivered to the handset", _P),
    5: ("Undelivered", "Confirmed as undelivered, no detail available", _I),
    6: ("Unknown", "The final state is not known", _I),
    8: ("Expired", "Expired after retries within the validity period", _I),
    20: ("Undeliverable", "The message cannot be delivered in its present form", _I),
    21: ("Subscriber credit", "The subscriber has not enough credit to receive it", _I),
    23: ("Invalid number", "Invalid, blacklisted or barred number", _P),
    24: ("Absent subscriber", "The subscriber is absent: switched off or out of coverage", _T),
    25: ("Operator network", "Failure of the operator's network", _T),
    26: ("Handset", "Failure of the handset, for example its memory is full", _T),
    27: ("Handset incompatible", "The handset cannot receive this message", _P),
    28: ("Spam suspicion", "The message is suspected to be spam and was not passed on", _I),
    29: ("Content refused", "The content of the message is not allowed", _I),
    33: ("Parental lock", "The message meets a parental lock", _I),
    39: ("New operator", "Failure at the new operator of a ported number", _I),
    53: ("STOP", "The number is on the blacklist", _P),
    73: ("Ported number", "Failure because of a ported number", _I),
    74: ("Roaming", "Failure because of roaming", _I),
    76: ("Ported number", "Failure because of a ported number", _I),
    202: ("Ported number", "Failure because of a ported number", _I),
    254: ("Pending", "Waits to be sent", _T),
    255: ("Unknown", "Unknown error", _I),
    1000: ("Pending", "Waits to be sent", _T),
}
#: Countries with phone numbers that the description's enumeration of countries lacks.
_NOT_ENUMERATED = frozenset(
    "AC AS AX BL BQ CC CW CX DJ DO EH ER FM GG IM JE KI KP MC MF MH MM MP NF NR NU PM PR PW SH SJ SS SX TA TK TV VA WF"
    " XK".split()
)
_BILLING = ("es", "fr", "gb", "ie", "it", "pl")
# Credits from … on, price of one in thousandths of a euro. Invented, in the order of magnitude of the public prices.
_TIERS = ((100, 75), (500, 70), (1000, 65), (5000, 60), (10000, 57), (50000, 55), (100000, 51))
LEAST, MOST = 100, 1_000_000


def description(ptt: int) -> str:
    """The words for a code in an export."""
    return PTTS[ptt][0]


def ptt_details(ptt: int) -> dict[str, str]:
    """Describe a code as OVH does; refused with 404 if it is unknown."""
    if ptt not in PTTS:
        raise missing(f"The ptt {ptt}")
    comment, words, duration = PTTS[ptt]
    return {"comment": comment, "description": words, "duration": duration}


def price(thousandths: float, *, digits: int = 3) -> dict[str, Any]:
    """A price as OVH writes it below ``/sms``, from thousandths of a euro."""
    value = round(thousandths / 1000, digits)
    text = f"{value:.3f} €" if value < 1 else f"{value:.2f} €"
    return {"currencyCode": "EUR", "text": text, "value": value}


def _country(country: str, billing: str | None) -> tuple[str, float]:
    if len(country) != 2 or country.upper() in _NOT_ENUMERATED or (billing is not None and billing not in _BILLING):
        raise bad("[country] Given data does not belong to the enumeration")
    return country, RATES[country][1] if country in RATES else OTHER_COUNTRIES


def destination(country: str, billing: str | None) -> dict[str, Any]:
    """Credits and price of one part to a country."""
    name, needed = _country(country, billing)
    one = price(_TIERS[0][1] * needed)
    return {"country": name.upper(), "countryCode": name, "credit": needed, "price": one}


def _discounted(thousandths: float, percent: int) -> dict[str, Any] | None:
    return price(thousandths * (100 - percent) / 100, digits=5) if percent else None


def packs(country: str, billing: str | None, *, percent: int = 0) -> list[dict[str, Any]]:
    """Prices by quantity; a tier's largest quantity is the next one's smallest, the last has none.

    :param percent: of the discount of a promotional event, 0 for none.
    """
    name, needed = _country(country, billing)
    ends = [start for start, _ in _TIERS[1:]]
    return [
        {
            "countryCode": name,
            "credit": needed,
            "creditPrice": price(unit),
            "creditQuantityMax": end,
            "creditQuantityMin": start,
            "discountCreditPrice": _discounted(unit, percent),
            "discountPercentage": percent or None,
            "discountSmsPrice": _discounted(unit * needed, percent),
            "smsPrice": price(unit * needed),
            "smsQuantityMax": None if end is None else int(end / needed),
            "smsQuantityMin": int(start / needed),
        }
        for (start, unit), end in zip(_TIERS, [*ends, None], strict=True)
    ]


def unit_price(quantity: int) -> int:
    """Return the price of one credit in thousandths of a euro for a quantity; refused if it is not sold."""
    if not LEAST <= quantity <= MOST:
        raise bad(f"[quantity] Given data ({quantity}) is not between {LEAST} and {MOST}")
    return max((tier for tier in _TIERS if tier[0] <= quantity), key=lambda tier: tier[0])[1]
