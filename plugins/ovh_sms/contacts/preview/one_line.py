"""The row of one line of a contact list: the text of its receiver, or why it gets none."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.notable_rows import AcceptedRow, RejectedRow, accepted_row, broken_rows, rejected_row

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.read.contact_file import ContactRows


class OneLine:
    """Observes a preparation, and finds the row of one line.

    :param line: line of the source, as rejects name it: of a text file, a row of the sheet, or the row's number + 1.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        self.accepted: AcceptedRow | None = None
        self.rejected: RejectedRow | None = None
        self._before = 0
        self._header, self._last = 1, 1
        self._is_text = False
        self._text: str | None = None
        self._lines = 0

    def opened(self, rows: ContactRows) -> None:
        """See the list; a text file's own line says why it may be no row."""
        self._header = self._last = rows.header_line
        self._is_text = rows.kind == "csv"
        if self._is_text:
            with rows.path.open(encoding=rows.encoding, errors="replace", newline="") as text:
                self._lines = sum(1 for _ in islice(text, self.line - 1))
                self._text = next(text, None)
            self._text = None if self._text is None else self._text.replace(rows.separator, "")

    def classified(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """See some rows."""
        import numpy as np

        lines = block.block.lines
        starts = [*lines[:: max(1, len(lines) - 1)].tolist(), *(each.line for each in block.block.broken)]
        self._last = max([self._last, *starts])
        before = [*lines[lines <= self.line][-1:].tolist(), *(n for n in starts if n <= self.line)]
        self._before = max([self._before, *before])
        for each in broken_rows(block):
            if each.line == self.line:
                self.rejected = each
        for at in np.flatnonzero(lines == self.line).tolist():
            if block.reasons[at]:
                self.rejected = rejected_row(block, rules, at)
            else:
                self.accepted = accepted_row(block, rules.used, at)

    @property
    def state(self) -> str:
        """Return ``accepted``, ``rejected``, or why the line is no row: ``header``, ``blank`` …"""
        if self.accepted:
            return "accepted"
        if self.rejected:
            return "rejected"
        if self.line <= self._header:
            return "header" if self.line == self._header else "above the header"
        if self._text is None and (self._is_text or self.line > self._last):
            return "missing"
        return "blank" if not self._is_text or not (self._text or "").strip(' \t\r\n"\ufeff\xa0') else "continued"

    @property
    def reason(self) -> str:
        """A sentence for a line that is no row; empty for a row."""
        last = f"the file has {self._lines:,} lines" if self._is_text else f"the last row is {self._last:,}"
        return {
            "header": "This is the header.",
            "above the header": f"It stands above the header, which is in line {self._header:,}.",
            "missing": f"There is no such line: {last}.",
            "blank": "It is blank, or holds separators alone, so it is no row.",
            "continued": f"It goes on with the row that begins in line {self._before:,}.",
        }.get(self.state, "")
