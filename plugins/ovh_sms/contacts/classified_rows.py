"""One row of a contact list after classification, and the rules it was classified by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import MessageSize


class AcceptedRow(NamedTuple):
    """A row that gets an SMS: its E.164 number, the used values in the message's order, and the merged size."""

    line: int
    number: str
    values: tuple[str, ...]
    size: MessageSize


class RejectedRow(NamedTuple):
    """A row that gets no SMS: the column and value at fault (no column for a broken row) and the reason."""

    line: int
    column: str
    value: str
    reason: RejectReason


@dataclass(frozen=True, kw_only=True)
class ClassificationRules:
    """The rules that decide which rows of a contact list get an SMS.

    :param number_column: name of the number's column.
    :param used: names of the columns the message uses, without ``number``.
    :param message: the campaign's message.
    :param stop_clause: whether OVH appends the STOP clause for French receivers.
    :param options: the accepted types of numbers, and the treatment of values.
    :param suppressed: numbers that get no SMS, in any form.
    """

    number_column: str
    used: tuple[str, ...]
    message: str
    stop_clause: bool
    options: ContactOptions
    suppressed: Collection[str]
