"""The rows of a contact list that a preview shows: those whose texts differ most, and the first of each reject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.contacts.classify.classify_rows import BESIDE
from ovh_sms.contacts.classify.long_messages import described_value
from ovh_sms.contacts.classify.value_rules import ValueChange
from ovh_sms.messaging.mail_merge import occurrences
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.unusual_numbers import made_up

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.read.contact_file import ContactRows

#: Rows of one kind that are kept, such as those with an empty value, one for each column.
MOST_OF_A_KIND = 3
_NUMBER = "number"
#: Changes of values, each with its kind and how the row is named for it.
_CHANGES = (
    (ValueChange.FILLED, "filled", "default text for {}"),
    (ValueChange.REPAIRED, "repaired", "{} repaired"),
    (ValueChange.MISSING, "missing", "{} means nothing"),
    (ValueChange.UNESCAPED, "decoded", "{} decoded"),
    (ValueChange.ENCODED, "encoded", "{} encoded"),
)


class AcceptedRow(NamedTuple):
    """A row that gets an SMS: its line, its number in E.164 and the values of its message."""

    line: int
    number: str
    values: dict[str, str]


class RejectedRow(NamedTuple):
    """A row that gets none: its line, the column at fault (empty for a broken row), the value as it stands there.

    ``is_number`` says whether the column is the number's.
    """

    line: int
    column: str
    value: str
    reason: RejectReason
    is_number: bool = False


@dataclass
class NotableRow:
    """An accepted row with the kinds it stands for, such as ``shortest`` or ``prenom empty``."""

    row: AcceptedRow
    kinds: list[str] = field(default_factory=list)


def accepted_row(block: ClassifiedBlock, used: Sequence[str], at: int) -> AcceptedRow:
    """Return a row of a block that is accepted.

    :param used: columns of the message.
    """
    number = f"+{block.keys[at]}"
    values = {name: found.texts[at].as_py() for name, found in zip(used, block.values, strict=True)}
    return AcceptedRow(int(block.block.lines[at]), number, {**values, _NUMBER: number})


def rejected_row(block: ClassifiedBlock, rules: ClassificationRules, at: int) -> RejectedRow:
    """Return a row of a block that is rejected, and can be read."""
    fault = int(block.fault[at])
    reason = REASONS[int(block.reasons[at])] or RejectReason.BROKEN_ROW
    line = int(block.block.lines[at])
    if fault < 0:
        value = str(block.block.table.column(rules.number_column)[at])
        if reason is RejectReason.WRONG_COUNTRY and rules.country_key is not None:
            value += f"{BESIDE}{block.block.table.column(rules.country_key)[at]}"
        return RejectedRow(line, rules.number_column, value, reason, is_number=True)
    for key, name in rules.rule_columns.items():
        if fault == rules.fault_of(key):
            return RejectedRow(line, name, str(block.block.table.column(key)[at]), reason)
    if reason is RejectReason.TOO_LONG:
        return RejectedRow(line, rules.header[fault], described_value(block, rules, at), reason)
    return RejectedRow(line, rules.header[fault], block.values[fault].texts[at].as_py(), reason)


def broken_rows(block: ClassifiedBlock) -> Iterator[RejectedRow]:
    """Yield the rows of a block that cannot be read or are hidden."""
    for each in block.block.broken:
        yield RejectedRow(each.line, "", " | ".join(each.fields), each.fault or RejectReason.BROKEN_ROW)


class NotableRows:
    """Observes a preparation, and keeps few rows of it.

    :param each_reject: rejected rows kept of each reason.
    """

    def __init__(self, each_reject: int = MOST_OF_A_KIND) -> None:
        self._each_reject = each_reject
        self._first: AcceptedRow | None = None
        self._shortest: tuple[int, AcceptedRow] | None = None
        self._longest: tuple[int, AcceptedRow] | None = None
        self._others: dict[str, dict[str, AcceptedRow]] = {}
        self.rejects: dict[RejectReason, list[RejectedRow]] = {}

    def opened(self, rows: ContactRows) -> None:
        """See the list; only its rows matter."""

    def classified(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """See some rows."""
        import numpy as np

        accepted = np.flatnonzero(block.reasons == 0)
        if len(accepted):
            self._by_length(block, rules, accepted)
            self._by_value(block, rules, accepted)
        self._rejects(block, rules)

    def rows(self) -> list[NotableRow]:
        """Return the accepted rows that were kept, each once: the first, the shortest, the longest, then the others."""
        found: dict[int, NotableRow] = {}
        named = [("first", self._first), ("shortest", self._shortest and self._shortest[1])]
        named.append(("longest", self._longest and self._longest[1]))
        if self._shortest and self._longest and self._shortest[0] == self._longest[0]:
            named = named[:1]  # all have one length
        named += [pair for kind in self._others.values() for pair in kind.items()]
        for kind, row in named:
            if row:
                found.setdefault(row.line, NotableRow(row)).kinds.append(kind)
        return list(found.values())

    def _by_length(self, block: ClassifiedBlock, rules: ClassificationRules, accepted: Any) -> None:
        """Keep the first row, and those of the shortest and the longest text."""
        import numpy as np

        times = occurrences(rules.message)
        lengths = np.zeros(len(accepted), dtype=np.int64)
        if times[_NUMBER]:
            lengths += np.char.str_len(block.keys[accepted].astype(str)) * times[_NUMBER]
        for name, values in zip(rules.used, block.values, strict=True):
            length = values.characters[accepted].astype(np.int64) + values.pairs[accepted]
            lengths += length * times[name]
        short, long = int(lengths.argmin()), int(lengths.argmax())
        if self._first is None:
            self._first = accepted_row(block, rules.used, int(accepted[0]))
        if self._shortest is None or lengths[short] < self._shortest[0]:
            self._shortest = int(lengths[short]), accepted_row(block, rules.used, int(accepted[short]))
        if self._longest is None or lengths[long] > self._longest[0]:
            self._longest = int(lengths[long]), accepted_row(block, rules.used, int(accepted[long]))

    def _by_value(self, block: ClassifiedBlock, rules: ClassificationRules, accepted: Any) -> None:
        """Keep the first rows with a number to check, or with an empty, filled, repaired or transliterated value."""
        self._keep("made_up", "number may be made up", block, rules, accepted[made_up(block.keys[accepted])])
        self._keep("without_plus", "number without +", block, rules, accepted[block.without_plus[accepted]])
        for name, values in zip(rules.header, block.values, strict=True):
            self._keep("empty", f"{name} empty", block, rules, accepted[values.characters[accepted] == 0])
            for change, kind, shown in _CHANGES:
                rows = values.changed(change)
                if rows is not None:
                    self._keep(kind, shown.format(name), block, rules, accepted[rows[accepted]])
            if values.replaced is None:
                continue
            sets = values.replaced.rows[accepted]
            for at, replaced in enumerate(values.replaced.sets):
                for character, stand_in in sorted(replaced):
                    shown = stand_in if stand_in.strip() else "a blank" if stand_in else "nothing"
                    self._keep("transliterated", f"{character} as {shown}", block, rules, accepted[sets == at])

    def _keep(self, kind: str, name: str, block: ClassifiedBlock, rules: ClassificationRules, rows: Any) -> None:
        known = self._others.setdefault(kind, {})
        if len(rows) and name not in known and len(known) < MOST_OF_A_KIND:
            known[name] = accepted_row(block, rules.used, int(rows[0]))

    def _rejects(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        import numpy as np

        for each in broken_rows(block):
            self._reject(each)
        for reason in np.flatnonzero(np.bincount(block.reasons)).tolist():
            if reason == 0:
                continue
            rows = np.flatnonzero(block.reasons == reason)
            for at in rows[: self._room(REASONS[reason])].tolist():
                self._reject(rejected_row(block, rules, at))

    def _room(self, reason: RejectReason | None) -> int:
        return self._each_reject - len(self.rejects.get(reason, ())) if reason else 0

    def _reject(self, row: RejectedRow) -> None:
        if self._room(row.reason) > 0:
            self.rejects.setdefault(row.reason, []).append(row)
