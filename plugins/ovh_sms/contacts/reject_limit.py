"""The limit of a campaign's rejects: a list that has lost too many rows for their faults is not sent."""

from __future__ import annotations

from dataclasses import dataclass

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7

#: Options below ``contacts`` that may save rows which are rejected for a reason.
_REMEDIES = {
    RejectReason.LINE_BREAK: "'line_breaks: blank'",
    RejectReason.MISREAD_TEXT: "'repair_encoding: true'",
    RejectReason.ESCAPED_TEXT: "'escaped_text: decode'",
    RejectReason.ADDRESS_VALUE: "'encode_addresses: true'",
    RejectReason.EMPTY_VALUE: "'empty: text' with a 'default_text'",
}
#: Reasons that a sentence names at most.
_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class RejectLimit:
    """Rows of a list that may be rejected for their faults.

    :param percent: share of the list's rows, from 0 to 100; or
    :param rows: a number of rows.
    :param fewest: a share stops no list that has lost fewer rows.
    """

    percent: float | None = None
    rows: float | None = None
    fewest: float = 0

    def is_exceeded(self, prepared: PreparedList) -> bool:
        """Return whether a list has lost more rows than that."""
        lost = sum(faults(prepared).values())
        if self.percent is None:
            return self.rows is not None and lost > self.rows
        return lost >= self.fewest and 100 * lost > self.percent * prepared.rows

    def describe(self, prepared: PreparedList) -> str:
        """Return what a list has lost, beside the limit: a sentence without its full stop."""
        lost = sum(faults(prepared).values())
        limit = f"{self.rows:,.0f}" if self.percent is None else f"{self.percent:g} %"
        share = self._share(lost, prepared.rows)
        return f"{lost:,} of {prepared.rows:,} rows were rejected for their faults: {share} %; the limit is {limit}"

    def _share(self, lost: int, rows: int) -> str:
        """Write a share in percent, with as many decimals as show that it is over the limit."""
        share = 100 * lost / max(1, rows)
        texts = [f"{share:.{decimals}f}" for decimals in range(1, 9)]
        limit = self.percent if self.percent is not None and share > self.percent else None
        return next((each for each in texts if limit is None or float(each) > limit), texts[-1]).removesuffix(".0")


def faults(prepared: PreparedList) -> dict[str, int]:
    """Return the rows that were rejected for their faults, by reason, the commonest first."""
    counted = {why: rows for why, rows in prepared.rejected.items() if RejectReason(why).is_fault}
    return dict(sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def commonest_faults(prepared: PreparedList) -> str:
    """Return the commonest reasons with their rows, in one line."""
    return ", ".join(f"{why} {rows:,}" for why, rows in list(faults(prepared).items())[:_MOST_NAMED])


def remedies(prepared: PreparedList) -> list[str]:
    """Return the options below ``contacts`` that may save rejected rows, that of the commonest reason first."""
    return [option for why in faults(prepared) if (option := _remedy(RejectReason(why), prepared))]


def _remedy(reason: RejectReason, prepared: PreparedList) -> str:
    if reason is not RejectReason.NOT_GSM7:
        return _REMEDIES.get(reason, "")
    can = any(is_gsm7(to_gsm7(character)[0]) for character in prepared.rejected_characters)
    return "'transliterate: true'" if can else ""
