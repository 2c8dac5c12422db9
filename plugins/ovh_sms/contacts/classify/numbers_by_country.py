"""Phone numbers of a list whose rows name their country: each number is read as in its row's country."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.arrow_arrays import integers_in, of_integers
from ovh_sms.messaging.country_names import region_of
from ovh_sms.messaging.country_rules import FRENCH_REGIONS
from ovh_sms.messaging.number_columns import REASONS, NumberColumn, NumberReader
from ovh_sms.messaging.reject_reasons import RejectReason

_UNKNOWN, _WRONG = REASONS.index(RejectReason.UNKNOWN_COUNTRY), REASONS.index(RejectReason.WRONG_COUNTRY)
_FRANCE = "FR"
#: Regions whose people keep numbers of another one.
_ALSO_OF = {_FRANCE: FRENCH_REGIONS, "SM": ("SM", "IT"), "VA": ("VA", "IT")}
_MONACO = "MC"
#: Numbers with one 0 before them; and French mobile ones, which people in Monaco have, too.
_ONE_ZERO = r"^\W*0[^0-9]*[1-9]"
_FRENCH_MOBILE = r"^[^0-9]*0[^0-9]*[67]([^0-9]*[0-9]){8}[^0-9]*$"
#: A row without a country.
_NONE = ""


class NumbersByCountry:
    """Reads columns of phone numbers beside columns of countries; safe to use from several threads.

    Overseas regions write their numbers as France does, and people move: all of them are read as French. A row without
    a country is read as if there were no such column.

    :param calling_codes: whether the column holds calling codes, which may stand without a plus.
    """

    def __init__(self, options: ContactOptions, *, calling_codes: bool = False) -> None:
        self._options, self._calling_codes = options, calling_codes
        self._readers: dict[str, NumberReader] = {}
        self._regions: dict[str, str | None] = {}

    def read(self, numbers: Any, countries: Any) -> NumberColumn:
        """Read a block of numbers.

        :param numbers: a pyarrow string array without nulls.
        :param countries: the same, as they stand in the list.
        :returns: rejects whose country is not known (``unknown_country``), or whose number has another country's
            calling code (``wrong_country``) or is written as in another country, among the others.
        """
        coded = pc.dictionary_encode(countries)
        regions = [self._region(text) for text in coded.dictionary.to_pylist()]
        where = integers_in(coded.indices)
        found = NumberColumn(
            np.zeros(len(numbers), dtype=np.int64),
            np.full(len(numbers), _UNKNOWN, dtype=np.uint8),
            np.zeros(len(numbers), dtype=np.int64),
            np.zeros(len(numbers), dtype=np.bool_),
        )
        for region in {each for each in regions if each is not None}:
            rows = np.flatnonzero(np.array([each == region for each in regions], dtype=np.bool_)[where])
            own = numbers.take(of_integers(rows))
            part = self._reader(region).read(own)
            wrong = (part.reasons == 0) & _contradicts(region, own, part)
            found.keys[rows] = np.where(wrong, 0, part.keys)
            found.reasons[rows] = np.where(wrong, np.uint8(_WRONG), part.reasons)
            found.codes[rows], found.without_plus[rows] = part.codes, part.without_plus & ~wrong
        return found

    def _region(self, text: str) -> str | None:
        """The region in which a row's number is read; ``None`` if the text names no country, ``""`` without a text."""
        if not text.strip() or text.strip() in self._options.missing:
            return _NONE
        if text not in self._regions:
            region = region_of(text, calling_codes=self._calling_codes)
            self._regions[text] = _FRANCE if region in FRENCH_REGIONS else region
        return self._regions[text]

    def _reader(self, region: str) -> NumberReader:
        options = self._options
        return self._readers.setdefault(
            region,
            NumberReader(
                region or options.region, allow_fiction=options.allow_fiction, also_accept=options.also_accept
            ),
        )


def _contradicts(region: str, numbers: Any, found: NumberColumn) -> Any:
    """Which numbers are another country's, by their calling code or as they are written."""
    if region == _NONE:
        return np.zeros(len(numbers), dtype=np.bool_)
    wrong = ~np.isin(found.codes, _codes_of(region))
    if not _begins_with_zero(region):
        wrong |= _matches(numbers, _ONE_ZERO)
    if region == _MONACO:
        wrong |= _matches(numbers, _FRENCH_MOBILE)
    return wrong


def _begins_with_zero(region: str) -> bool:
    """Whether people of a region write numbers with a 0 before them, or as their first digit."""
    import phonenumbers

    found = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return found is None or found.national_prefix == "0" or bool(found.leading_zero_possible)


def _matches(numbers: Any, pattern: str) -> Any:
    return pc.match_substring_regex(numbers, pattern).to_numpy(zero_copy_only=False)


def _codes_of(region: str) -> list[int]:
    """The calling codes of a region."""
    import phonenumbers

    return [phonenumbers.country_code_for_region(each) for each in _ALSO_OF.get(region, (region,))]
