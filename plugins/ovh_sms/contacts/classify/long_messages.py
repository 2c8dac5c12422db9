"""Messages that are longer than a network can carry once their values stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ovh_sms.contacts.classify.column_values import ColumnValues
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import MOST_SEGMENTS, measure

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.classification_settings import ClassificationRules
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock

TOO_LONG = REASONS.index(RejectReason.TOO_LONG)


def reject_too_long(
    segments: Any, values: Sequence[ColumnValues], times: Sequence[int], reasons: Any, fault: Any
) -> None:
    """Reject the rows whose message takes too many segments; its longest value is at fault.

    :param segments: of each row's message.
    :param times: how often the message uses each column.
    """
    rows = np.flatnonzero((reasons == 0) & (segments > MOST_SEGMENTS))
    if len(rows) and values:
        lengths = [
            column.characters[rows].astype(np.int64) * often for column, often in zip(values, times, strict=True)
        ]
        reasons[rows], fault[rows] = TOO_LONG, np.argmax(lengths, axis=0)


def described_value(block: ClassifiedBlock, rules: ClassificationRules, at: int) -> str:
    """Return the value at fault of a row that is too long, behind the number of characters to leave out."""
    texts = {name: each.texts[at].as_py() for name, each in zip(rules.used, block.values, strict=True)}
    merged = render(rules.message, {**texts, "number": f"+{block.keys[at]}"})
    size = measure(merged, stop_clause=bool(block.clause[at]))
    clause = " with the STOP clause" if block.clause[at] else ""
    return f"{size.too_long}{clause}: {texts[rules.used[int(block.fault[at])]]}"
