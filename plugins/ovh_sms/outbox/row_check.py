"""Checks one row of the outbox as strictly as a row of a campaign: nothing in it is guessed or repaired."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from ovh_sms.api.submission_request import Coding, MessageClass
from ovh_sms.campaign.account_users import check_login
from ovh_sms.errors import ConfigurationError, ContactsError
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.escaped_text import find_escaped
from ovh_sms.messaging.message_check import check_message
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.phone_numbers import NumberWithoutPlus, normalise
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import is_gsm7, measure
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.store.outbox_records import PRIORITIES

if TYPE_CHECKING:
    from ovh_sms.store.outbox_records import QueuedSms

MOST_KEY, MOST_TAG, MOST_SENDER = 200, 64, 64
#: Minutes of a year. A column of the table, and a time, can hold so many.
MOST_VALIDITY = 366 * 24 * 60
#: A message may hold line breaks, and no other control character.
_LINE_BREAKS = "\n\r"
_NUMBER_REASONS = {
    RejectReason.NO_NUMBER: RowReason.NO_NUMBER,
    RejectReason.FICTION_NUMBER: RowReason.FICTION_NUMBER,
    RejectReason.NOT_MOBILE: RowReason.NOT_MOBILE,
}


class RowRefused(Exception):
    """A row is no SMS as it stands."""

    def __init__(self, reason: RowReason) -> None:
        self.reason = reason
        super().__init__(reason.meaning)


def checked(row: QueuedSms, *, allow_fiction: bool) -> QueuedSms:
    """Return the row with its number as E.164.

    :param allow_fiction: accept +33 6 39 98 xx xx, for the sandbox.
    :raises RowRefused: it is no SMS as it stands.
    """
    if not isinstance(row.key, str) or not row.key.strip() or len(row.key) > MOST_KEY or _has_control(row.key):
        raise RowRefused(RowReason.NO_KEY)
    number = _number(row.receiver, allow_fiction=allow_fiction)
    _check_text(row.message)
    sender = row.sender
    if not isinstance(sender, str) or not sender.strip() or len(sender) > MOST_SENDER or _has_control(sender):
        raise RowRefused(RowReason.NO_SENDER)
    if not all(_options(row)):
        raise RowRefused(RowReason.UNKNOWN_OPTION)
    if measure(row.message, stop_clause=row.stop_clause and takes_stop_clause(number)).too_long:
        raise RowRefused(RowReason.TOO_LONG)
    if row.coding == "7bit" and not is_gsm7(row.message):
        raise RowRefused(RowReason.NOT_GSM7)
    return replace(row, receiver=number)


def is_deprecated(row: QueuedSms) -> bool:
    """Return whether a row uses an option that OVH has deprecated."""
    return row.message_class is not None or row.coding is not None


def _number(written: str, *, allow_fiction: bool) -> str:
    if not isinstance(written, str):
        raise RowRefused(RowReason.INVALID_NUMBER)
    found = normalise(written, allow_fiction=allow_fiction)
    # A list shows by its other rows what its writer means; a single row does not.
    if isinstance(found, NumberWithoutPlus):
        raise RowRefused(RowReason.INVALID_NUMBER)
    if found.e164 is None:
        reason = found.reason or RejectReason.INVALID_NUMBER
        raise RowRefused(_NUMBER_REASONS.get(reason, RowReason.INVALID_NUMBER))
    return found.e164


def _check_text(text: str) -> None:
    """Refuse a text that says what no author means. It is no template: every `#` is read as it stands."""
    if not isinstance(text, str) or not text.strip():
        raise RowRefused(RowReason.EMPTY_MESSAGE)
    if _has_control(text.translate(dict.fromkeys(map(ord, _LINE_BREAKS)))):
        raise RowRefused(RowReason.CONTROL_CHARACTER)
    if text.count("#") > 1:
        raise RowRefused(RowReason.SHARPS)
    if find_escaped(text):
        raise RowRefused(RowReason.ESCAPED_TEXT)
    if find_misread(text):
        raise RowRefused(RowReason.MISREAD_TEXT)
    try:
        check_message(text, ())
    except ContactsError:
        raise RowRefused(RowReason.LOOKS_LIKE_PLACEHOLDER) from None
    except ConfigurationError:
        raise RowRefused(RowReason.ESCAPED_TEXT) from None


def _has_control(text: str) -> bool:
    return any(unicodedata.category(each) in ("Cc", "Cs") for each in text)


def _is_login(user: str) -> bool:
    try:
        return bool(check_login(user))
    except ValueError:
        return False


def _is_moment(value: datetime) -> bool:
    """Whether it is an aware moment that a database can hold, in UTC."""
    try:
        return isinstance(value, datetime) and value.tzinfo is not None and bool(value.astimezone(UTC))
    except OverflowError:
        return False


def _options(row: QueuedSms) -> tuple[bool, ...]:
    """Whether each option has a value that is known."""
    until, validity = row.deferred_until, row.validity
    return (
        isinstance(row.stop_clause, bool),
        row.message_class in (None, *get_args(MessageClass)),
        row.coding in (None, *get_args(Coding)),
        row.priority in (None, *PRIORITIES),
        until is None or _is_moment(until),
        validity is None
        or (isinstance(validity, int) and not isinstance(validity, bool) and 1 <= validity <= MOST_VALIDITY),
        row.tag is None or (isinstance(row.tag, str) and len(row.tag) <= MOST_TAG and not _has_control(row.tag)),
        isinstance(row.account, str) and len(row.account) <= MOST_TAG and not _has_control(row.account),
        isinstance(row.user, str) and (row.user == "" or _is_login(row.user)),
    )
