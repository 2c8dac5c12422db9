"""Consent that stands in the list itself: rows without it are rejected; a list that nobody decided about is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ovh_sms.contacts.options import ConsentRule
from ovh_sms.contacts.read.contact_file import RowBlock
from ovh_sms.contacts.read.used_columns import ConsentColumns, rule_key
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.arrow_arrays import integers_in
from ovh_sms.messaging.consent_words import ColumnKind, plain_word, says_no, says_yes

_FRENCH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")


class ConsentCheck:
    """Checks the columns of a list that say whether people agree; any thread may use it.

    :param columns: their positions, with the campaign's rules.
    :param names: the header's names.
    :param today: day on which a consent must not be too old.
    """

    def __init__(self, columns: ConsentColumns, names: Sequence[str], today: date) -> None:
        self._columns, self._names, self._today = columns, names, today
        self._against: Counter[int] = Counter()
        self._first: dict[int, int] = {}
        self._yes_or_blank: dict[int, set[str]] = {at: set() for at, _ in columns.unasked}
        self._counting = Lock()

    def without_consent(self, block: RowBlock) -> Any:
        """Return which rows of a block lack the consent that the campaign asks for, and watch the other columns.

        :returns: array of bool; ``None`` if every row has it.
        """
        for at, kind in self._columns.unasked:
            self._watch(block, at, kind)
        wrong = None
        for rule, at, date_at in self._columns.rules:
            fits = _by_value(block, at, partial(self._accepts, rule))
            if rule.max_age_months is not None:
                fits &= _by_value(block, at if date_at is None else date_at, partial(self._is_recent, rule))
            wrong = ~fits if wrong is None else wrong | ~fits
        return wrong

    def refuse_if_undecided(self, path: Any) -> None:
        """Refuse a list in which people seem to object, and the campaign does not say which values count.

        :raises ContactsError: a column and some of its values seem to say so; nothing was prepared.
        """
        for at, kind in self._columns.unasked:
            if kind is ColumnKind.CONSENT and self._yes_or_blank[at] == {"yes", "blank"} and not self._against[at]:
                raise self._undecided(path, at, "is empty in some rows and says yes in others")
            if self._against[at]:
                rows = f"{self._against[at]:,}"
                says = f"seems to say in {rows} rows, first in line {self._first[at]}, that people want no message"
                raise self._undecided(path, at, says)

    def _undecided(self, path: Any, at: int, says: str) -> ContactsError:
        name = self._names[at][:80]
        return ContactsError(
            f"Contact list {path}: column {name!r} {says}.",
            action="Nothing was prepared. Say below 'contacts' which values allow a message, as "
            f"consent: {{column: {name}, accept: [Oui]}}; 'consent: ignore' takes no account of such columns.",
        )

    def _watch(self, block: RowBlock, at: int, kind: ColumnKind) -> None:
        column = pc.dictionary_encode(block.table.column(rule_key(at)))
        words, where = column.dictionary.to_pylist(), integers_in(column.indices)
        against = np.array([says_no(word, kind) for word in words], dtype=np.bool_)
        seen = {"blank" if not word.strip() else "yes" for word in words if not word.strip() or says_yes(word)}
        rows = np.flatnonzero(against[where]) if len(words) else np.zeros(0, dtype=np.int64)
        with self._counting:
            self._yes_or_blank[at] |= seen
            self._against[at] += len(rows)
            if len(rows):
                line = int(block.lines[rows[0]])
                self._first[at] = min(line, self._first.get(at, line))

    @staticmethod
    def _accepts(rule: ConsentRule, value: str) -> bool:
        word = plain_word(value) or value.strip()
        return not rule.accept or word in {plain_word(each) or each.strip() for each in rule.accept}

    def _is_recent(self, rule: ConsentRule, value: str) -> bool:
        given = _date_in(value)
        if given is None or given > self._today:
            return False
        months = (self._today.year - given.year) * 12 + self._today.month - given.month - (self._today.day < given.day)
        return rule.max_age_months is None or months < rule.max_age_months


def _by_value(block: RowBlock, at: int, fits: Any) -> Any:
    """Return for each row whether the value of a column fits; each distinct value is read once."""
    column = pc.dictionary_encode(block.table.column(rule_key(at)))
    known = np.array([fits(word) for word in column.dictionary.to_pylist()], dtype=np.bool_)
    return known[integers_in(column.indices)] if len(known) else np.zeros(0, dtype=np.bool_)


def _date_in(value: str) -> date | None:
    """The day that a value names, as in France or as in ISO 8601."""
    text = value.strip()
    french, iso = _FRENCH.fullmatch(text), _ISO.fullmatch(text)
    digits = (french[3], french[2], french[1]) if french else iso.groups() if iso else None
    try:
        return date(*map(int, digits)) if digits else None
    except ValueError:
        return None
