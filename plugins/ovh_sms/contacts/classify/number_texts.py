"""The texts that each number of a contact list gets, if one number may get several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.classification_settings import ROUNDS
from ovh_sms.contacts.classify.number_set import NumberSet
from ovh_sms.contacts.classify.receiver_digests import merged_columns, siphash
from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.mail_merge import split_message

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules

#: Texts that one number gets at most. A number that stands for a missing one has thousands: it must neither get them
#: all nor make as many batches.
MOST_TEXTS = 10
_BLOCK_ROWS = 1 << 14
#: The digests are only compared with each other, within one preparation.
_KEY = b"texts of numbers"


class AddedTexts(NamedTuple):
    """The outcome of some rows.

    ``rounds`` are those of the accepted rows, else 0. ``same`` marks rows whose number has the same text already,
    ``too_many`` those whose number has :data:`MOST_TEXTS` others.
    """

    rounds: Any
    same: Any
    too_many: Any


class NumberTexts:
    """Finds the rows of equal numbers and texts, by eight bytes for each accepted row.

    :param message: as OVH is given it.
    :param used: names of its columns, without ``number``.
    """

    def __init__(self, message: str, used: Sequence[str]) -> None:
        self.used = tuple(used)
        self._divided = split_message(message)
        self._numbers = NumberSet()
        #: Numbers with more than one text: each with its rounds, in one integer.
        self._rounds = NumberSet()
        self._texts = NumberSet()

    @classmethod
    def of(cls, rules: ClassificationRules) -> Self:
        """Return the texts of a list that is classified by these rules."""
        return cls(rules.message, rules.used)

    def add(self, keys: Any, columns: Mapping[str, Any]) -> AddedTexts:
        """Add rows in the list's order; those that are not accepted are not remembered.

        :param keys: E.164 digits as integers.
        :param columns: arrays of strings by the column's name, at least those of :attr:`used`.
        """
        digests = self._digests(keys, columns)
        _, first, of_digest = np.unique(digests, return_index=True, return_inverse=True)
        is_first = np.zeros(len(keys), dtype=np.bool_)
        is_first[first] = True
        new = np.flatnonzero(is_first & ~self._texts.contains(digests))
        rounds = np.zeros(len(keys), dtype=np.int64)
        rounds[new] = self._next_rounds(keys[new])
        # A row fares like the first one with its text: behind one that is too many it is no duplicate.
        too_many = (rounds >= MOST_TEXTS)[first][of_digest]
        accepted = new[rounds[new] < MOST_TEXTS]
        self._remember(keys[accepted], rounds[accepted], digests[accepted])
        same = ~too_many
        same[accepted] = False
        rounds[too_many] = 0
        return AddedTexts(rounds, same, too_many)

    def _remember(self, keys: Any, rounds: Any, digests: Any) -> None:
        later = rounds > 0
        self._texts.add(digests)
        self._numbers.add(keys[~later])
        self._rounds.add(keys[later] * ROUNDS + rounds[later])

    def _next_rounds(self, keys: Any) -> Any:
        """The round of each row with a text that its number has not got yet, in their order."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        begins = np.ones(len(keys), dtype=np.bool_)
        begins[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(begins)
        rounds = np.empty(len(keys), dtype=np.int64)
        rounds[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
        known = np.flatnonzero(self._numbers.contains(keys))
        for each in range(1, MOST_TEXTS + 1):
            if not len(known):
                break
            rounds[known] += 1
            known = known[self._rounds.contains(keys[known] * ROUNDS + each)]
        return rounds

    def _digests(self, keys: Any, columns: Mapping[str, Any]) -> Any:
        """A digest of each row's number and text, which blanks at its ends do not change: nobody sees them."""
        found = [np.zeros(0, dtype=np.uint64)]
        for start in range(0, len(keys), _BLOCK_ROWS):
            digits = pc.cast(of_integers(keys[start : start + _BLOCK_ROWS]), pa.string())
            own = {name: columns[name].slice(start, len(digits)) for name in self.used}
            merged = merged_columns(self._divided, digits, own)
            texts = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*merged, _text("")))
            found.append(siphash(pc.binary_join_element_wise(digits, texts, _text("\x1f")), _KEY))
        # Sets hold integers with a sign.
        return (np.concatenate(found) >> np.uint64(1)).astype(np.int64)


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar imports pandas
