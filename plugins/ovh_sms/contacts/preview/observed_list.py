"""The observer of a preview: sees a contact list while it is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.notable_rows import NotableRows
from ovh_sms.contacts.preview.one_line import OneLine

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.read.row_block import ContactRows


class ObservedList:
    """Kind and notable rows of a contact list, and one line of it if asked for."""

    def __init__(self, line: int | None = None) -> None:
        self.kind = ""
        self.notable = NotableRows()
        self.line = OneLine(line) if line is not None else None

    def opened(self, rows: ContactRows) -> None:
        """See the list once its header is found."""
        self.kind = rows.kind
        if self.line:
            self.line.opened(rows)

    def classified(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """See rows with the reasons of those that are rejected."""
        self.notable.classified(block, rules)
        if self.line:
            self.line.classified(block, rules)
