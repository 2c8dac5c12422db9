"""Reject reasons: why a row of a contact list gets no SMS. They are stable and appear in every rejects file."""

from __future__ import annotations

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a row of a contact list gets no SMS."""

    BROKEN_ROW = "broken_row"
    HIDDEN = "hidden"
    SPLIT_ROW = "split_row"
    QUOTED_LINE = "quoted_line"
    LOST_SEPARATOR = "lost_separator"
    NO_NUMBER = "no_number"
    SPREADSHEET_DAMAGE = "spreadsheet_damage"
    INVALID_NUMBER = "invalid_number"
    UNKNOWN_COUNTRY = "unknown_country"
    WRONG_COUNTRY = "wrong_country"
    FICTION_NUMBER = "fiction_number"
    NOT_MOBILE = "not_mobile"
    SUPPRESSED = "suppressed"
    FAILED_BEFORE = "failed_before"
    UNREACHABLE = "unreachable"
    NO_CONSENT = "no_consent"
    NO_VALID_UNTIL = "no_valid_until"
    LINE_BREAK = "line_break"
    MISREAD_TEXT = "misread_text"
    ESCAPED_TEXT = "escaped_text"
    LOOKS_LIKE_PLACEHOLDER = "looks_like_placeholder"
    ADDRESS_VALUE = "address_value"
    EMPTY_VALUE = "empty_value"
    NOT_GSM7 = "not_gsm7"
    TOO_LONG = "too_long"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    NO_FIT_HOUR = "no_fit_hour"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    TOO_MANY_TEXTS = "too_many_texts"
    ALREADY_SENT = "already_sent"
    OPTED_OUT_SINCE = "opted_out_since"

    @property
    def meaning(self) -> str:
        """One sentence for the person who reads the rejects, without a final full stop."""
        return _MEANINGS[self]

    @property
    def is_fault(self) -> bool:
        """Whether the row itself is at fault: not if a person, a rule of the campaign or an earlier row decided, nor
        if the person has no number that can receive SMS."""
        return self not in _NO_FAULTS


_NO_FAULTS = {
    RejectReason.HIDDEN,
    RejectReason.NO_NUMBER,
    RejectReason.NOT_MOBILE,
    RejectReason.SUPPRESSED,
    RejectReason.FAILED_BEFORE,
    RejectReason.UNREACHABLE,
    RejectReason.NO_CONSENT,
    RejectReason.UNKNOWN_TIME_ZONE,
    RejectReason.NO_FIT_HOUR,
    RejectReason.EXPIRED,
    RejectReason.DUPLICATE,
    RejectReason.TOO_MANY_TEXTS,
    RejectReason.ALREADY_SENT,
    RejectReason.OPTED_OUT_SINCE,
}
_MEANINGS = {
    RejectReason.BROKEN_ROW: (
        "the row has more fields than the header, no field for the number, or a quote that does not fit"
    ),
    RejectReason.HIDDEN: "the sheet hides the row, by a filter or by hand",
    RejectReason.SPLIT_ROW: "a line break without quotes seems to cut the row in two",
    RejectReason.QUOTED_LINE: "the whole line is in quotes, so that it is one value",
    RejectReason.LOST_SEPARATOR: "a separator is missing beside a value in quotes",
    RejectReason.NO_NUMBER: "the number is empty",
    RejectReason.SPREADSHEET_DAMAGE: (
        "a spreadsheet has turned the number into a rounded figure, or a value into an error such as #N/A"
    ),
    RejectReason.INVALID_NUMBER: "no such phone number can exist",
    RejectReason.UNKNOWN_COUNTRY: "the row's country names no country for certain",
    RejectReason.WRONG_COUNTRY: "the number has the calling code of another country than the row names",
    RejectReason.FICTION_NUMBER: "the number belongs to the range kept for fiction (06 39 98 xx xx)",
    RejectReason.NOT_MOBILE: "the number is valid but cannot receive SMS",
    RejectReason.SUPPRESSED: "the person asked for no more SMS (STOP), or the number is on a suppression list",
    RejectReason.FAILED_BEFORE: "earlier runs could not reach the number for good, as many as `dead_after` names",
    RejectReason.UNREACHABLE: "a check of the number found that it is invalid or cannot be reached",
    RejectReason.NO_CONSENT: "the row does not show the consent that the campaign asks for",
    RejectReason.NO_VALID_UNTIL: "the row does not say for certain until when its message is of use",
    RejectReason.LINE_BREAK: "a value the message uses holds a line break, and the campaign rejects such rows",
    RejectReason.MISREAD_TEXT: "a value the message uses is UTF-8 that another program has read in another encoding",
    RejectReason.ESCAPED_TEXT: (
        "a value the message uses is escaped for a program, such as `&#39;`, `\\n` or `Le%20Goff`"
    ),
    RejectReason.LOOKS_LIKE_PLACEHOLDER: (
        "the values the message uses hold two `#`, which OVH may take for a placeholder, or one of another program"
    ),
    RejectReason.ADDRESS_VALUE: "a value that the message puts into a web address must be encoded for it",
    RejectReason.EMPTY_VALUE: "a value the message uses is empty, and the campaign rejects such rows",
    RejectReason.NOT_GSM7: "a value the message uses holds a character that OVH refuses in a list",
    RejectReason.TOO_LONG: "the message with its values takes more than 255 segments, which no network carries",
    RejectReason.UNKNOWN_TIME_ZONE: (
        "nobody knows the time zone of the number, and advertising keeps to the receivers' hours"
    ),
    RejectReason.NO_FIT_HOUR: ("where the number is, the hours for the message begin too late, or never"),
    RejectReason.EXPIRED: "the message would leave after the end of its use, which `valid_until` names",
    RejectReason.DUPLICATE: (
        "an earlier row with this number was accepted, or already sent to; with `duplicates: number_and_text`, an "
        "earlier row with this number and text"
    ),
    RejectReason.TOO_MANY_TEXTS: "ten earlier rows have given the number ten other texts",
    RejectReason.ALREADY_SENT: (
        "another run has sent the person the same message within `duplicate_window`, or may have done so"
    ),
    RejectReason.OPTED_OUT_SINCE: (
        "the person asked for no more SMS (STOP) after the list was prepared and before its batch was submitted"
    ),
}
