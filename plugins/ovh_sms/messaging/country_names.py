"""The country that a cell of a contact list names: ISO codes, names in seven languages, calling codes with a plus."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
#: Header names of the country's column, in letters alone.
_COLUMN = re.compile(
    "(?:code)?(?:iso)?(?:pays|country|countries|land|pais|paese|nation|staat|nazione)(?:de)?(?:residence|domicile)?"
    "(?:code|iso|name|nom)?2?|codepais"
)
#: Header names of a column of calling codes, which may stand without their plus.
_CALLING_CODES = re.compile(
    "(?:code)?indicatif(?:de)?(?:du)?(?:pays|tel|telephone|telephonique|international)?"
    "|(?:country|phone)?(?:calling|dial|dialing|dialling)code|vorwahl|landesvorwahl|landervorwahl"
)
#: A word that means a country wherever it stands in a name, unless another one says that nobody is called there.
_COUNTRY_WORD = re.compile(r"\b(?:pays|country|countries|pais|paese|nazione)\b")
_ELSEWHERE = re.compile(
    "naiss|birth|born|orig|nationali|citizen|nacim|nascita|visit|voyage|travel|destin|vin|fabri|produ|prefer|souhait"
    "|langu"
)
#: Names that the tables of languages do not have.
_ALSO = {
    "FR": ("metropole", "francemetropolitaine", "france metropole", "republique francaise", "corse", "f"),
    "GB": ("uk", "angleterre", "ecosse", "england", "scotland", "wales", "great britain", "grande bretagne"),
    "US": ("usa", "etats unis d amerique", "united states of america", "vereinigte staaten von amerika"),
    "NL": ("hollande", "holland"),
    "CH": ("confederation suisse",),
    "RE": ("ile de la reunion", "reunion"),
    "CZ": ("republique tcheque", "czech republic"),
    "KR": ("coree du sud", "south korea"),
    "CI": ("ivory coast",),
    "VA": ("vatican",),
    "HK": ("hong kong",),
    "CD": ("rdc",),
    "MU": ("ile maurice",),
    "DE": ("d",),
    "BE": ("b",),
    "LU": ("l",),
}
#: Parts of a country that the tables know as territories of their own.
_PART_OF = {"IC": "ES", "EA": "ES"}
#: Words of a header's name; ``BillingCountry`` has two.
_WORDS = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[^\W\d_]+")
_BETWEEN_NAMES = re.compile(r"[()\[\]/]|\s[-\u2013\u2014]\s")
_NO_COUNTRY = re.compile(r"[0-9]+|EU|EZ|UN|QO|X[ABK]|ZZ")


def is_country_column(name: str) -> bool:
    """Return whether a column's name says that it holds countries: pays, Code pays, country …"""
    if _COLUMN.fullmatch(_plain(name)) or holds_calling_codes(name):
        return True
    words = " ".join(map(_plain, _WORDS.findall(name)))
    return _COUNTRY_WORD.search(words) is not None and not _ELSEWHERE.search(words)


def holds_calling_codes(name: str) -> bool:
    """Return whether a column's name says that it holds calling codes: Indicatif, dial code …"""
    return _CALLING_CODES.fullmatch(_plain(name)) is not None


def region_of(text: str, *, calling_codes: bool = False) -> str | None:
    """Return the ISO 3166 code of the country that a text names; ``None`` if it names none for certain.

    :param calling_codes: whether ``41`` is the calling code, without its plus.
    """
    text = text.strip()
    calling = re.fullmatch(r"(\+|00|)\s*(\d{1,3})", text)
    if calling and (calling[1] or calling_codes):
        from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(calling[2]), ())
        return regions[0] if regions and regions[0] != "001" else None
    known, whole = _regions(), _plain(text)
    if whole in known:
        return known[whole]
    # FRANCE (FR), Suisse/CH: all names must mean the same one
    several = {known.get(_plain(name)) for name in _BETWEEN_NAMES.split(text) if name.strip()}
    return several.pop() if len(several) == 1 else None


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    """Regions by what names them; what could name two is left out."""
    from babel import Locale
    from babel.core import get_global
    from phonenumbers import SUPPORTED_REGIONS

    codes = {str(code) for code in Locale("en").territories if not _NO_COUNTRY.fullmatch(str(code))}
    found: dict[str, str] = {}
    unclear: set[str] = set()
    for language in LANGUAGES:
        for code, name in ((str(code), str(name)) for code, name in Locale(language).territories.items()):
            if code in codes and found.setdefault(_plain(name), code) != code:
                unclear.add(_plain(name))
    for old, codes_of in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", old) and len(codes_of) == 1 and codes_of[0] in codes:
            found[old.casefold()] = codes_of[0]
    found.update({_plain(name): code for code, names in _ALSO.items() for name in names})
    found.update({code.casefold(): code for code in codes})
    ours = {name: _PART_OF.get(code, code) for name, code in found.items() if name not in unclear}
    return {name: code for name, code in ours.items() if code in SUPPORTED_REGIONS}


def _plain(text: str) -> str:
    """The letters and digits of a text, without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum() and c.isascii())
