"""Keyed digests of persons: they say that a number opted out, or is to be erased, and hold no number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ovh_sms.contacts.classify.receiver_digests import Digests, ReceiverDigester

#: In place of a message's key: these digests are about the number alone.
_PERSON = "person"


class PersonDigester:
    """Computes the digests of numbers.

    :param secret: of the store, 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._digester = ReceiverDigester.of_message_key(secret, _PERSON)

    def of_keys(self, keys: NDArray[np.int64]) -> Digests:
        """Compute the digests of numbers in their order.

        :param keys: E.164 digits as integers.
        """
        return self._digester.of_columns(keys, {})

    def of_numbers(self, numbers: Sequence[str]) -> list[int]:
        """Compute the digests of numbers in their order, as the store keeps them: signed integers of 64 bits.

        :param numbers: E.164, or as OVH writes them; a text without digits has the digest of 0.
        """
        digests = self.of_keys(np.array([_key(each) for each in numbers], dtype=np.int64))
        return [int(each) for each in digests.view(np.int64)]


class OptedOut:
    """People who opted out, known by their digests alone.

    :param digests: as the store keeps them.
    :ivar rows: digests that the store had when these were read, one for each account and person.
    """

    def __init__(self, secret: bytes, digests: Iterable[int], *, rows: int = 0) -> None:
        self.rows = rows
        self._digester = PersonDigester(secret)
        self._known = np.sort(np.fromiter(digests, dtype=np.int64).view(np.uint64))

    def __bool__(self) -> bool:
        return bool(len(self._known))

    def contains(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which numbers opted out.

        :param keys: E.164 digits as integers.
        """
        digests = self._digester.of_keys(keys)
        if not len(self._known):
            return np.zeros(len(digests), dtype=bool)
        at = np.searchsorted(self._known, digests)
        at[at == len(self._known)] = 0
        found: NDArray[np.bool_] = self._known[at] == digests
        return found


def _key(number: str) -> int:
    digits = "".join(filter(str.isdigit, number)).removeprefix("00")
    return int(digits[:18] or 0)
