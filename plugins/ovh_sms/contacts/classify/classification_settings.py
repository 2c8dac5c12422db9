"""The rules that decide which rows of a contact list get an SMS.

The first of these reasons that applies is the row's: a row that cannot be read, reason of the number, suppressed,
failed before, without consent, without an end of its use, a used value with a line break if such rows are rejected,
with a spreadsheet's error, misread, escaped, like a placeholder, not fit for a web address, empty if such rows are
rejected, or not GSM-7, a message too long, no hours for it where the number is, expired, duplicate, one text too many
for its number, already sent. A row is a duplicate if an earlier row of its number, or of its number and text if one
number may get several, was *accepted* or already sent: a list that is sent again reaches nobody. A row rejected for a
bad value does not make a later good one a duplicate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovh_sms.contacts.options import ContactOptions

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck
    from ovh_sms.contacts.classify.consent import ConsentCheck
    from ovh_sms.contacts.classify.person_digests import OptedOut
    from ovh_sms.contacts.classify.row_zones import RowZones

#: A cut of the list is the index of its time zones, times this, plus the round: 0 for the first text of a number, 1 for
#: the second …
ROUNDS = 100


@dataclass(frozen=True, kw_only=True)
class ClassificationRules:
    """The rules a campaign sets for its contact list.

    :param used: names at OVH of the columns the message uses, without ``number``.
    :param header: the names of these columns in the list.
    :param columns: the names of all its columns, which another program's placeholders in values may mean.
    :param message: as OVH is given it.
    :param positions: position in the list of each column that is read, by its name at OVH or its key.
    :param country_key: key of the column with the country of each row, if there is one.
    :param calling_codes: whether that column holds calling codes, which may stand without a plus.
    :param end_key: key of the column that says until when each row's message is of use, if there is one.
    :param receiver_key: key of the column by which the author knows a receiver, if there is one.
    :param rule_columns: the names in the list of the columns of countries, consent and ends, by their keys.
    :param row_zones: finds the time zones of the rows, if the hour matters at which they get the message.
    :param consent: reads the columns that say whether people agree, if there are any.
    :param opted_out: finds the people who opted out, by their digests, if there are any.
    :param dead: finds the people whom earlier runs could not reach for good, if that matters.
    :param unreachable: finds the people whose checked number is invalid or cannot be reached, if that matters.
    :param already_sent: finds the people to whom another run has sent the message, if that matters.
    """

    number_column: str
    used: tuple[str, ...]
    header: tuple[str, ...]
    positions: Mapping[str, int]
    message: str
    stop_clause: bool
    options: ContactOptions
    suppressed: Collection[str]
    opted_out: OptedOut | None = None
    dead: OptedOut | None = None
    unreachable: OptedOut | None = None
    already_sent: AlreadySentCheck | None = None
    consent: ConsentCheck | None = None
    row_zones: RowZones | None = None
    country_key: str | None = None
    calling_codes: bool = False
    end_key: str | None = None
    receiver_key: str | None = None
    rule_columns: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def fault_of(self, key: str) -> int:
        """Return the index by which a row's fault names the column of a rule: behind the used ones and the number's."""
        return len(self.used) + 1 + list(self.rule_columns).index(key)

    def deciding_columns(self) -> dict[str, list[str]]:
        """Return the names of the columns that say the country, consent, end and key of a row."""
        country = [self.rule_columns[self.country_key]] if self.country_key is not None else []
        consent = self.consent.ruled_columns() if self.consent is not None else []
        ends = [self.rule_columns[self.end_key]] if self.end_key is not None else []
        keys = [self.rule_columns[self.receiver_key]] if self.receiver_key is not None else []
        found = (("country", country), ("consent", consent), ("valid_until", ends), ("key", keys))
        return {what: names for what, names in found if names}
