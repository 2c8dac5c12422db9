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


class NumbersByCountry:
    """Reads columns of phone numbers beside columns of countries; safe to use from several threads.

    Overseas regions write their numbers as France does, and people move: all of them are read as French. A row without
    a country has the campaign's region.
    """

    def __init__(self, options: ContactOptions) -> None:
        self._options = options
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
        )
        for region in {each for each in regions if each is not None}:
            rows = np.flatnonzero(np.array([each == region for each in regions], dtype=np.bool_)[where])
            part = self._reader(region).read(numbers.take(of_integers(rows)))
            wrong = (part.reasons == 0) & ~np.isin(part.codes, _codes_of(region))
            if not _begins_with_zero(region):
                wrong |= (part.reasons == 0) & _written_with_zero(numbers.take(of_integers(rows)))
            found.keys[rows] = np.where(wrong, 0, part.keys)
            found.reasons[rows] = np.where(wrong, np.uint8(_WRONG), part.reasons)
            found.codes[rows] = part.codes
        return found

    def _region(self, text: str) -> str | None:
        """The region in which a row's number is read; ``None`` if the text names no country."""
        if text not in self._regions:
            region = region_of(text) if text.strip() and text not in self._options.missing else self._options.region
            self._regions[text] = _FRANCE if region in FRENCH_REGIONS else region
        return self._regions[text]

    def _reader(self, region: str) -> NumberReader:
        options = self._options
        return self._readers.setdefault(
            region, NumberReader(region, allow_fiction=options.allow_fiction, also_accept=options.also_accept)
        )


def _begins_with_zero(region: str) -> bool:
    """Whether people of a region write numbers with a 0 before them, or as their first digit."""
    import phonenumbers

    found = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return found is None or found.national_prefix == "0" or bool(found.leading_zero_possible)


def _written_with_zero(numbers: Any) -> Any:
    """Which numbers are written with one 0 before them: those of another country."""
    found = pc.match_substring_regex(numbers, r"^\W*0[^0-9]*[1-9]")
    return found.to_numpy(zero_copy_only=False)


def _codes_of(region: str) -> list[int]:
    """The calling codes of a region."""
    import phonenumbers

    regions = FRENCH_REGIONS if region == _FRANCE else (region,)
    return [phonenumbers.country_code_for_region(each) for each in regions]
