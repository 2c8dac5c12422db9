"""Single rows as a preview shows them: merged messages and rejects, with phone numbers masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ovh_sms.contacts.preparation import PreparationRequest
from ovh_sms.contacts.preview.notable_rows import AcceptedRow, RejectedRow
from ovh_sms.contacts.preview.one_line import OneLine
from ovh_sms.messaging.column_names import is_number_name
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.phone_masks import PhoneMask, mask_all, mask_numbers
from ovh_sms.messaging.segments import STOP_CLAUSE_CHARACTERS, measure

#: Characters of a value that are shown at most.
MOST_SHOWN = 2_000
#: Characters of a number at most, with everything between its digits.
LONGEST_NUMBER = 40
#: Characters of a rejected value that are shown at most.
MOST_OF_A_REJECT = 60


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One merged message.

    :param line: line of its row in the contact list.
    :param kinds: what the row stands for, such as ``shortest``.
    :param number: the receiver, masked but for the last two digits unless asked otherwise.
    :param text: the text the receiver would read; phone numbers in values are masked too.
    :param shape: the message with the name and length of each value in its place; holds no personal data.
    :param characters: its length as a phone network counts it, with the STOP clause.
    :param stop_clause: characters of the STOP clause, which the text does not show.
    :param surplus: characters to leave out for a segment less; 0 if there is only one.
    """

    line: int
    kinds: Sequence[str]
    number: str
    text: str
    shape: str
    segments: int
    characters: int
    stop_clause: int
    surplus: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "shape"}


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A rejected row.

    :param column: the column at fault; empty for a row that cannot be read.
    :param value: the value at fault, or all of the row; its beginning if it is long.
    """

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LineResult:
    """The outcome of one line of a contact list.

    :param state: ``accepted``, ``rejected``, or why it is no row: ``header``, ``above the header``, ``blank``,
        ``continued`` (it goes on with the row before) or ``missing``.
    :param reason: a sentence, unless a message is sent.
    """

    line: int
    state: str
    reason: str
    message: Sample | None = None
    reject: Reject | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**asdict(self), "message": self.message.to_dict() if self.message else None}


class SampleWriter:
    """Writes the rows of one list.

    :param show_numbers: show phone numbers in full.
    """

    def __init__(self, request: PreparationRequest, *, show_numbers: bool) -> None:
        self._request, self._show_numbers = request, show_numbers
        self._region = request.options.region

    def sample(self, row: AcceptedRow, kinds: Sequence[str] = ()) -> Sample:
        """Write the message of an accepted row."""
        message = self._request.message
        stop = self._request.stop_clause and takes_stop_clause(row.number)
        size = measure(render(message, row.values), stop_clause=stop)
        shown = {name: self._value(name, value, row.number) for name, value in row.values.items()}
        shapes = {name: f"[{name}: {len(value)}]" for name, value in row.values.items()}
        return Sample(
            line=row.line,
            kinds=tuple(kinds),
            number=self._value("", row.number, row.number),
            text=render(message, shown),
            shape=render(message, shapes),
            segments=size.segments,
            characters=size.characters,
            stop_clause=STOP_CLAUSE_CHARACTERS if stop else 0,
            surplus=size.surplus,
        )

    def reject(self, row: RejectedRow) -> Reject:
        """Write a rejected row."""
        value = row.value.strip()
        if not self._show_numbers:
            mask = PhoneMask(region=self._region, incomplete=True)
            value = mask_all(value) if row.is_number else _masked(value, mask, MOST_OF_A_REJECT)
        value = _cut(value, MOST_OF_A_REJECT)
        return Reject(line=row.line, column=row.column, value=value, reason=row.reason.value)

    def line(self, found: OneLine) -> LineResult:
        """Write the outcome of one line."""
        reason = found.rejected.reason.meaning if found.rejected else found.reason
        return LineResult(
            line=found.line,
            state=found.state,
            reason=reason,
            message=self.sample(found.accepted) if found.accepted else None,
            reject=self.reject(found.rejected) if found.rejected else None,
        )

    def _value(self, name: str, value: str, own: str) -> str:
        if self._show_numbers:
            return _cut(value, MOST_SHOWN)
        mask = PhoneMask(region=self._region, own=own, incomplete=is_number_name(name))
        return _masked(value, mask, MOST_SHOWN)


def _masked(text: str, mask: PhoneMask, most: int) -> str:
    """Mask a text and cut it; a number that the cut would halve is masked before."""
    return _cut(mask_numbers(text[: most + LONGEST_NUMBER], mask), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
