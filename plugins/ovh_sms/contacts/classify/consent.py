"""Consent that stands in the list itself: rows without it are rejected; a list that nobody decided about is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ovh_sms.contacts.classify.consent_days import day_in
from ovh_sms.contacts.options import ConsentRule
from ovh_sms.contacts.read.contact_file import RowBlock
from ovh_sms.contacts.read.used_columns import ConsentColumns, rule_key
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.arrow_arrays import integers_in
from ovh_sms.messaging.consent_words import ColumnKind, is_answer, is_day, plain_text, says_no

#: What databases write for no day.
_NO_DAY = re.compile("0{4}-00-00.*|00/00/0{4}.*")
_BLANK, _DAY, _OTHER = "blank", "day", "other"


class ConsentCheck:
    """Checks the columns of a list that say whether people agree; any thread may use it.

    :param columns: their positions, with the campaign's rules.
    :param names: the names of the list's columns, hidden ones included.
    :param missing: values that count as empty.
    :param today: day on which a consent must not be too old.
    :param hidden: positions of the columns that a sheet hides.
    """

    def __init__(
        self,
        columns: ConsentColumns,
        names: Sequence[str],
        missing: Collection[str],
        today: date,
        hidden: Collection[int] = (),
    ) -> None:
        self._columns, self._names, self._today = columns, names, today
        self._missing, self._hidden = frozenset(missing), frozenset(hidden)
        self._against: Counter[int] = Counter()
        self._first: dict[int, int] = {}
        self._held: dict[int, set[str]] = {at: set() for at, _ in columns.unasked}
        self._harmless: set[int] = set()
        self._counting = Lock()

    def ruled_columns(self) -> list[str]:
        """Return the names of the columns that the campaign's rules read."""
        both = (at for _, *each in self._columns.rules for at in each if at is not None)
        return [self._names[at] for at in dict.fromkeys(both)]

    def rules_in_words(self) -> dict[str, str]:
        """Return the rules of each column that they read, in the order in which they are applied."""
        found: dict[str, list[str]] = {}
        for rule, at, date_at in self._columns.rules:
            if rule.accept:
                values = ", ".join(each or "an empty value" for each in rule.accept)
                found.setdefault(self._names[at], []).append(f"allows {values}")
            if rule.max_age_months is not None:
                days = self._names[at if date_at is None else date_at]
                found.setdefault(days, []).append(f"allows days of the last {rule.max_age_months} months")
        return {name: "; ".join(words) for name, words in found.items()}

    def without_consent(self, block: RowBlock) -> Any:
        """Find the rows of a block that lack the consent that the campaign asks for, and watch the other columns.

        :returns: array with the position of the first column without it, -1 for a row that has it; ``None`` without
            rules.
        """
        for at, kind in self._columns.unasked:
            if at not in self._harmless:
                self._watch(block, at, kind)
        if not self._columns.rules:
            return None
        lacking = np.full(len(block.lines), -1, dtype=np.int64)
        for rule, at, date_at in self._columns.rules:
            lacking[(lacking < 0) & ~_by_value(block, at, partial(self._accepts, rule))] = at
            if rule.max_age_months is not None:
                days = at if date_at is None else date_at
                lacking[(lacking < 0) & ~_by_value(block, days, partial(self._is_recent, rule))] = days
        return lacking

    def refuse_if_undecided(self, path: Any) -> None:
        """Refuse a list in which people seem to object, and the campaign does not say which values count.

        :raises ContactsError: a column and some of its values seem to say so; nothing was prepared.
        """
        for at, kind in self._columns.unasked:
            if at in self._harmless:
                continue
            if self._against[at]:
                rows = f"{self._against[at]:,} row{'s'[: self._against[at] != 1]}"
                says = f"seems to say in {rows}, first in line {self._first[at]}, that people want no message"
                raise self._undecided(path, at, kind, says)
            if kind.is_consent and _BLANK in self._held[at] and len(self._held[at]) > 1:
                raise self._undecided(path, at, kind, "is empty in some rows and says something in others")

    def _undecided(self, path: Any, at: int, kind: ColumnKind, says: str) -> ContactsError:
        accept = "accept: [Oui]" if kind.is_consent else 'accept: ["", Non]'
        if kind is ColumnKind.STATUS:
            accept = "accept: [the values that allow a message]"
        elif kind.is_consent and self._held[at] <= {_BLANK, _DAY}:
            accept = "max_age_months: 36"
        name = json.dumps(self._names[at][:80], ensure_ascii=False)  # in quotes, a colon in it is no YAML
        return ContactsError(
            f"Contact list {path}: {'hidden ' * (at in self._hidden)}column {self._names[at][:80]!r} {says}.",
            action="Nothing was prepared. Say below 'contacts' which values allow a message, as "
            f"consent: {{column: {name}, {accept}}}; 'consent: ignore' takes no account of such columns.",
        )

    def _watch(self, block: RowBlock, at: int, kind: ColumnKind) -> None:
        column = pc.dictionary_encode(block.table.column(rule_key(at)))
        words, where = column.dictionary.to_pylist(), integers_in(column.indices)
        given = [word for word in words if not self._is_blank(word)]
        if not kind.is_certain and not all(is_answer(word, kind) for word in given):
            self._harmless.add(at)
            return
        against = np.array([not self._is_blank(word) and says_no(word, kind) for word in words], dtype=np.bool_)
        rows = np.flatnonzero(against[where]) if len(words) else np.zeros(0, dtype=np.int64)
        with self._counting:
            self._held[at] |= {_DAY if is_day(word) else _OTHER for word in given}
            self._held[at] |= {_BLANK} if len(given) < len(words) else set()
            self._against[at] += len(rows)
            if len(rows):
                line = int(block.lines[rows[0]])
                self._first[at] = min(line, self._first.get(at, line))

    def _is_blank(self, value: str) -> bool:
        text = value.strip()
        return not text or text in self._missing or _NO_DAY.fullmatch(text) is not None

    def _accepts(self, rule: ConsentRule, value: str) -> bool:
        accepted = {plain_text(each) for each in rule.accept}
        return not accepted or plain_text(value) in accepted or ("" in accepted and self._is_blank(value))

    def _is_recent(self, rule: ConsentRule, value: str) -> bool:
        given = day_in(value)
        if given is None or given > self._today:
            return False
        months = (self._today.year - given.year) * 12 + self._today.month - given.month - (self._today.day < given.day)
        return rule.max_age_months is None or months < rule.max_age_months


def _by_value(block: RowBlock, at: int, fits: Any) -> Any:
    """Return for each row whether the value of a column fits; each distinct value is read once."""
    column = pc.dictionary_encode(block.table.column(rule_key(at)))
    known = np.array([fits(word) for word in column.dictionary.to_pylist()], dtype=np.bool_)
    return known[integers_in(column.indices)] if len(known) else np.zeros(0, dtype=np.bool_)
