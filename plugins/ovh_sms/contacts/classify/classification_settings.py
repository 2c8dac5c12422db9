"""The rules that decide which rows of a contact list get an SMS.

The first of these reasons that applies is the row's: a row that cannot be read, reason of the number, suppressed, a
used value with a line break if such rows are rejected, with a spreadsheet's error, misread, empty if such rows are
rejected, or not GSM-7, duplicate, already sent. A row is a duplicate if an earlier row of its number was *accepted* or
already sent: a list that is sent again reaches nobody. A row rejected for a bad value does not make a later good one a
duplicate.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.contacts.options import ContactOptions

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck


@dataclass(frozen=True, kw_only=True)
class ClassificationRules:
    """The rules a campaign sets for its contact list.

    :param used: names of the columns the message uses, without ``number``.
    :param already_sent: finds the people to whom another run has sent the message, if that matters.
    """

    number_column: str
    used: tuple[str, ...]
    message: str
    stop_clause: bool
    options: ContactOptions
    suppressed: Collection[str]
    already_sent: AlreadySentCheck | None = None
