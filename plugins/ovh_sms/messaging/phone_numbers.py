"""Phone numbers in any written form, as E.164, or the reason why one gets no SMS.

``phonenumbers`` decides whether a text is a number; this module adds the needs of contact lists:

- damage by a spreadsheet (``6,3998E+08``, ``#N/A``) is distinguished from a mere typing error;
- with region FR, overseas numbers in national form (0690, 0692, 0694, 0696, 0639 …) get their own country
  code if phonenumbers finds them valid there; ``+33 690…`` stays invalid, as no such number exists;
- digits that are no number of the region, and a mobile number of another country without its plus (``41791234567``),
  are read as that one, unless they may be a number of the region with a digit too many or too few;
- the range +33 6 39 98 xx xx, kept by the French regulator for fiction, is accepted only on request;
- letters behind the first digit and extensions are rejected: SMS are not dialled by letters.

Types that can receive SMS: mobile, and "fixed line or mobile" in countries whose plan does not distinguish them
(United States …). Every other valid type is ``not_mobile``, unless the campaign accepts it, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.country_rules import OVERSEAS_REGIONS, is_fiction
from ovh_sms.messaging.home_typos import home_typos
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.number_types import NUMBER_TYPES

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

#: Types a suppression list may hold: any number that can exist.
EVERY_TYPE = (*NUMBER_TYPES, "premium_rate", "voicemail")

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*[eE]\s*[+-]?\d+")
_CELL_ERROR = re.compile(
    r"#+|#(?:REF|VALUE|VALEUR|NAME|NOM|NUM|NOMBRE|NULL|NUL|DIV/0|CALC|SPILL|FIELD|CONNECT|BLOCKED|BUSY)[!?]|#N/[AD]",
    re.IGNORECASE,
)
# 639980012.0: a column of whole numbers that once went through floating point; no digit is lost
_FLOAT = re.compile(r"\+?\d{8,15}(?=[.,]0{1,2}\Z)")
#: Digits of an international number: a shorter one may be a date or a code.
FEWEST_WITHOUT_PLUS, MOST_WITHOUT_PLUS = 10, 15
#: Digits and what may stand between them, behind any words; neither a plus nor a zero before them.
_PLAIN = re.compile(r"[^\d+\uff0b]*(?P<digits>[1-9][0-9 ./()-]*)")
_JAPANESE_DASH = "\u30fc"  # a letter to Unicode, punctuation between digits to phonenumbers


class Normalised(NamedTuple):
    """A number as E.164, or the reason why there is none; exactly one of the two is set."""

    e164: str | None
    reason: RejectReason | None


class NumberWithoutPlus(Normalised):
    """A number of another country that was read from its digits alone."""

    __slots__ = ()


def normalise(
    raw: str, *, region: str = "FR", allow_fiction: bool = False, also_accept: Collection[str] = ()
) -> Normalised:
    """Read a value of a contact list as the number OVH is given.

    :param region: ISO 3166 code of the country of numbers without a country code.
    :param allow_fiction: accept +33 6 39 98 xx xx (sandbox only).
    """
    text = (raw if raw.isascii() else _visible(raw)).strip().lstrip("'\u2019 ")
    if not text:
        return Normalised(None, RejectReason.NO_NUMBER)
    if _SCIENTIFIC.fullmatch(text) or _CELL_ERROR.fullmatch(text):
        return Normalised(None, RejectReason.SPREADSHEET_DAMAGE)
    whole = _FLOAT.match(text)
    if whole:
        text = whole[0]
    if _has_letters(text):
        return Normalised(None, RejectReason.INVALID_NUMBER)
    return _resolve(text, region, allow_fiction, also_accept)


def is_cell_error(text: str) -> bool:
    """Return whether a spreadsheet has written an error in place of a value.

    :returns: True for ``#N/A``, ``#REF!``, ``#VALEUR!`` … and for ``###``, a column too narrow for its number.
    """
    return text != "#" and _CELL_ERROR.fullmatch(text) is not None


def calling_code(e164: str) -> int:
    """Return the calling code of an E.164 number; 0 if it has none, or is no number: that of a person erased."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    if not e164[1:].isdecimal():
        return 0
    codes = (int(e164[1:end]) for end in (2, 3, 4))
    return next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), 0)


def check_region(region: str) -> None:
    """Check that national numbers of a region can be read.

    :raises ConfigurationError: phonenumbers does not know the region.
    """
    import phonenumbers

    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigurationError(
            f"Region {region!r} of the contact list is not a country code.",
            action="Give two capital letters, as FR for France.",
        )


def check_types(names: Collection[str]) -> None:
    """Check that a campaign may accept these types of numbers beside mobile ones.

    :raises ConfigurationError: it is no list, or holds a name that is not of :data:`NUMBER_TYPES`.
    """
    wrong = [names] if isinstance(names, str) else [name for name in names if name not in NUMBER_TYPES]
    if wrong:
        raise ConfigurationError(
            f"Numbers of type {', '.join(map(repr, wrong))} cannot be accepted beside mobile ones.",
            action=f"Give also_accept a list of these names: {', '.join(NUMBER_TYPES)}.",
        )


def _visible(text: str) -> str:
    """Write every kind of blank as a space (phonenumbers does not know U+202F), and drop invisible marks."""
    kinds = ((character, unicodedata.category(character)) for character in text)
    return "".join(" " if kind == "Zs" else character for character, kind in kinds if kind != "Cf")


def _has_letters(text: str) -> bool:
    """Return whether a letter follows the first digit; words before it ("Mobile: 06…") do no harm."""
    start = next((at for at, character in enumerate(text) if character.isdigit()), len(text))
    return any(character.isalpha() and character != _JAPANESE_DASH for character in text[start:])


def _resolve(text: str, region: str, allow_fiction: bool, also_accept: Collection[str]) -> Normalised:
    """Parse a number, first in the region itself, then in the overseas regions."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return Normalised(None, RejectReason.INVALID_NUMBER)
    if number.extension:
        return Normalised(None, RejectReason.INVALID_NUMBER)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if is_fiction(e164):  # no valid number to phonenumbers
        return Normalised(e164, None) if allow_fiction else Normalised(None, RejectReason.FICTION_NUMBER)
    found = _by_type(number, also_accept)
    national = number.country_code_source == phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY
    if found.reason is RejectReason.INVALID_NUMBER and region == "FR" and national:
        overseas = (_by_type(other, also_accept) for other in _overseas(text))
        found = next((each for each in overseas if each.reason is not RejectReason.INVALID_NUMBER), found)
    if found.reason is RejectReason.INVALID_NUMBER and national:
        found = _without_plus(text, region, allow_fiction) or found
    return found


def _without_plus(text: str, region: str, allow_fiction: bool) -> Normalised | None:
    """Read digits as a mobile number of another country; ``None`` if they are none, or not for certain."""
    import phonenumbers

    plain = _PLAIN.fullmatch(text)
    digits = "".join(filter(str.isdigit, plain["digits"])) if plain else ""
    if not FEWEST_WITHOUT_PLUS <= len(digits) <= MOST_WITHOUT_PLUS:
        return None
    e164 = f"+{digits}"
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    fiction = is_fiction(e164)
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == e164
    if not (mobile or fiction) or not whole or home_typos(region).contains(digits):
        return None
    if fiction and not allow_fiction:
        return Normalised(None, RejectReason.FICTION_NUMBER)
    return NumberWithoutPlus(e164, None)


def _by_type(number: PhoneNumber, also_accept: Collection[str]) -> Normalised:
    """Accept or reject a parsed number by its type."""
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    kind = phonenumbers.number_type(number)  # UNKNOWN exactly where the number is not valid
    if kind == kinds.UNKNOWN:
        return Normalised(None, RejectReason.INVALID_NUMBER)
    if kind in (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE) or kinds.to_string(kind).lower() in also_accept:
        return Normalised(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None)
    return Normalised(None, RejectReason.NOT_MOBILE)


def _overseas(text: str) -> list[PhoneNumber]:
    """Parse a French national number in each overseas region; regions that cannot read it are left out."""
    import phonenumbers

    found = []
    for region in OVERSEAS_REGIONS:
        try:
            found.append(phonenumbers.parse(text, region))
        except phonenumbers.NumberParseException:
            continue
    return found
