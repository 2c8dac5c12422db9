"""The observer of a preview: sees a contact list while it is prepared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ovh_sms.contacts.classify.list_totals import BlockCounts, ListTotals
from ovh_sms.contacts.preview.notable_rows import NotableRows
from ovh_sms.contacts.preview.one_line import OneLine
from ovh_sms.messaging.country_rules import FICTION_RANGE
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.reject_reasons import RejectReason

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.classify.segment_counter import SegmentCounter
    from ovh_sms.contacts.read.contact_file import ContactRows


class ObservedList:
    """Kind and notable rows of a contact list, and one line of it if asked for.

    :param other_message: a message of the same columns, whose cost is counted, too.
    """

    def __init__(self, line: int | None = None, other_message: str | None = None) -> None:
        self.kind = ""
        self.notable = NotableRows()
        self.line = OneLine(line) if line is not None else None
        #: Accepted numbers of the range that reaches nobody.
        self.fiction = 0
        #: The list's own names of the message's columns, by their names at OVH.
        self.column_names: dict[str, str] = {}
        #: The campaign's rules of consent in words, and the rows that they reject, by column.
        self.consent_rules: dict[str, str] = {}
        self.without_consent: Counter[str] = Counter()
        #: Accepted rows with the segments of the other message.
        self.other_totals = ListTotals(())
        self._other_message = other_message
        self._counter: SegmentCounter | None = None

    def opened(self, rows: ContactRows) -> None:
        """See the list once its header is found."""
        self.kind = rows.kind
        if self.line:
            self.line.opened(rows)

    def classified(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """See rows with the reasons of those that are rejected."""
        self.column_names = dict(zip(rules.used, rules.header, strict=True))
        self.notable.classified(block, rules)
        if self.line:
            self.line.classified(block, rules)
        self._count(block, rules)
        self._count_consent(block, rules)

    def _count_consent(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        if rules.consent is None:
            return
        self.consent_rules = rules.consent.rules_in_words()
        lacking = block.fault[block.reasons == REASONS.index(RejectReason.NO_CONSENT)]
        for key, name in rules.rule_columns.items():
            self.without_consent[name] += int((lacking == rules.fault_of(key)).sum())

    def _count(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        import numpy as np

        from ovh_sms.contacts.classify.segment_counter import SegmentCounter

        accepted = block.reasons == 0
        self.fiction += int(np.count_nonzero(block.keys[accepted] // 10_000 == FICTION_RANGE))
        if self._other_message is None or not accepted.any():
            return
        if self._counter is None:
            self._counter = SegmentCounter(self._other_message, rules.used)
        counts = BlockCounts(
            destinations=block.destinations[accepted],
            segments=self._counter.segments(block.keys, block.values, block.clause)[accepted],
            lines=block.block.lines[accepted],
            unicode=self._counter.unicode,
            empty=(),
        )
        self.other_totals.add_block(counts)
