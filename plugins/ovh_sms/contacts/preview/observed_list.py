"""The observer of a preview: sees a contact list while it is prepared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.notable_rows import NotableRows
from ovh_sms.contacts.preview.one_line import OneLine
from ovh_sms.messaging.country_rules import FICTION_RANGE
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.reject_reasons import RejectReason

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.classify.number_texts import NumberTexts
    from ovh_sms.contacts.read.contact_file import ContactRows


class ObservedList:
    """Kind and notable rows of a contact list, and one line of it if asked for."""

    def __init__(self, line: int | None = None) -> None:
        self.kind = ""
        self.notable = NotableRows()
        self.line = OneLine(line) if line is not None else None
        #: Accepted numbers of the range that reaches nobody.
        self.fiction = 0
        #: Rows rejected as duplicates that carry another text than the accepted rows of their number.
        self.other_texts = 0
        #: Numbers that get more than one message, and the most that one gets.
        self.several_texts, self.most_texts = 0, 0
        #: The list's own names of the message's columns, by their names at OVH.
        self.column_names: dict[str, str] = {}
        #: The campaign's rules of consent in words, and the rows that they reject, by column.
        self.consent_rules: dict[str, str] = {}
        self.without_consent: Counter[str] = Counter()
        self._texts: NumberTexts | None = None

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
        self._count_fiction(block)
        self._count_consent(block, rules)
        self._count_texts(block, rules)

    def _count_consent(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        if rules.consent is None:
            return
        self.consent_rules = rules.consent.rules_in_words()
        lacking = block.fault[block.reasons == REASONS.index(RejectReason.NO_CONSENT)]
        for key, name in rules.rule_columns.items():
            self.without_consent[name] += int((lacking == rules.fault_of(key)).sum())

    def _count_texts(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """Count numbers with several texts; if none gets more than one, the rows that would get another."""
        import numpy as np

        from ovh_sms.contacts.classify.classification_settings import ROUNDS
        from ovh_sms.contacts.classify.classify_rows import DUPLICATE, columns_of
        from ovh_sms.contacts.classify.number_texts import NumberTexts

        if rules.options.duplicates == "number_and_text":
            if block.cuts is not None:
                rounds = block.cuts[block.reasons == 0] % ROUNDS
                self.several_texts += int(np.count_nonzero(rounds == 1))
                self.most_texts = max(self.most_texts, int(rounds.max(initial=0)) + 1)
            return
        if not rules.used:  # then all texts of a number are the same
            return
        self._texts = self._texts or NumberTexts.of(rules)
        rows = np.flatnonzero((block.reasons == 0) | (block.reasons == DUPLICATE))
        added = self._texts.add(block.keys[rows], columns_of(block, rules.used, rows))
        self.other_texts += int(np.count_nonzero(added.rounds))

    def _count_fiction(self, block: ClassifiedBlock) -> None:
        import numpy as np

        self.fiction += int(np.count_nonzero(block.keys[block.reasons == 0] // 10_000 == FICTION_RANGE))
