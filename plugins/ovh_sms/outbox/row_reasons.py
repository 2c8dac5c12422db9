"""Reasons for which a row of the outbox is no SMS. They are stable, and stand in the row."""

from __future__ import annotations

from enum import StrEnum


class RowReason(StrEnum):
    """Why a row is refused."""

    NO_KEY = "no_key"
    NO_NUMBER = "no_number"
    INVALID_NUMBER = "invalid_number"
    FICTION_NUMBER = "fiction_number"
    NOT_MOBILE = "not_mobile"
    EMPTY_MESSAGE = "empty_message"
    TOO_LONG = "too_long"
    SHARPS = "sharps"
    LOOKS_LIKE_PLACEHOLDER = "looks_like_placeholder"
    ESCAPED_TEXT = "escaped_text"
    MISREAD_TEXT = "misread_text"
    CONTROL_CHARACTER = "control_character"
    NO_SENDER = "no_sender"
    NO_USER = "no_user"
    UNKNOWN_OPTION = "unknown_option"
    NOT_GSM7 = "not_gsm7"
    SENDER_NOT_ENABLED = "sender_not_enabled"
    SENDER_NOT_DECLARED = "sender_not_declared"
    WRONG_CHANNEL = "wrong_channel"
    OPTED_OUT = "opted_out"
    NO_FIT_HOUR = "no_fit_hour"
    OVH_REFUSAL = "ovh_refusal"
    BEFORE_RESTORE = "before_restore"
    ERASED = "erased"
    CHANGED = "changed"
    ALERT_LIMIT = "alert_limit"

    @property
    def meaning(self) -> str:
        """One sentence for the person who reads the row, without a final full stop."""
        return _MEANINGS[self]


_MEANINGS = {
    RowReason.NO_KEY: "the row has no key, or one of more than 200 characters",
    RowReason.NO_NUMBER: "the number is empty",
    RowReason.INVALID_NUMBER: "no such phone number can exist; write it with its country code",
    RowReason.FICTION_NUMBER: "the number belongs to the range kept for fiction (06 39 98 xx xx)",
    RowReason.NOT_MOBILE: "the number is valid but cannot receive SMS",
    RowReason.EMPTY_MESSAGE: "the text is empty",
    RowReason.TOO_LONG: "the text takes more than 255 segments, which no network carries",
    RowReason.SHARPS: "the text holds two `#`, which OVH may take for a placeholder",
    RowReason.LOOKS_LIKE_PLACEHOLDER: "the text holds a placeholder that nobody has filled in",
    RowReason.ESCAPED_TEXT: "the text is escaped for a program, such as `&#39;` or `\\n`",
    RowReason.MISREAD_TEXT: "the text is UTF-8 that another program has read in another encoding",
    RowReason.CONTROL_CHARACTER: "the text holds a character that no phone shows",
    RowReason.NO_SENDER: "the row names no sender",
    RowReason.NO_USER: "the account has no user of this login",
    RowReason.UNKNOWN_OPTION: (
        "class, coding, priority, deferred_until, validity, tag, account or user has an unknown value"
    ),
    RowReason.NOT_GSM7: "`coding` is 7bit and the text has a character outside of that alphabet",
    RowReason.SENDER_NOT_ENABLED: "the sender does not exist on the account, or is not enabled",
    RowReason.SENDER_NOT_DECLARED: "operators of the number's country do not take the sender",
    RowReason.WRONG_CHANNEL: "the account is not for messages of this kind",
    RowReason.OPTED_OUT: "the person asked for no more SMS (STOP), and the row is advertising",
    RowReason.NO_FIT_HOUR: "where the number is, no hour for advertising comes within a week",
    RowReason.OVH_REFUSAL: "OVH refused the number, or the whole group",
    RowReason.BEFORE_RESTORE: "OVH has the SMS, or may have: it was queued before the database was restored",
    RowReason.ERASED: "the person was erased before the SMS was sent",
    RowReason.CHANGED: "somebody has changed the row since it was queued, or since it was checked to be sent",
    RowReason.ALERT_LIMIT: "the person got as many alerts of the DAG as its limit in an hour; another SMS counts it",
}
