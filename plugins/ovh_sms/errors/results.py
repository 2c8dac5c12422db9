"""A source, the results or a submission is not as it must be."""

from __future__ import annotations

from ovh_sms.errors.base import OvhSmsError


class OrderNotDelivered(OvhSmsError):
    """An order of credits was cancelled, or not delivered in time. Its credits are not on the account."""


class UnreadableReplies(OvhSmsError):
    """OVH lists replies that it does not show as it should; names their ids. The others are stored."""


class SourceUnavailable(OvhSmsError):
    """The database, server or storage of a contact list gave no complete answer. Nothing was sent."""

    longest = 580
    is_retryable = True


class StoreUnavailable(OvhSmsError):
    """The results database cannot be reached. It is not known whether it stored the last change. Try again."""

    is_retryable, was_executed = True, None


class FilesUnavailable(OvhSmsError):
    """The object storage of lists and reports gave no complete answer. What was not written whole is not there."""

    longest = 580
    is_retryable = True


class WrongReceivers(OvhSmsError):
    """OVH sent to people who are not on the list, because the receivers slot was replaced before the submission."""

    was_executed = True


class SentMoreThanOnce(OvhSmsError):
    """OVH made more messages than its answer accounts for: a proxy repeated the submission. Nothing is sent again."""

    was_executed = True


class DeadlineMissed(OvhSmsError):
    """A write was not ready before its deadline. OVH received nothing. Try again."""

    is_retryable = True


class JournalUnavailable(OvhSmsError):
    """The journal is missing, or is not the one that the other workers use. Nothing was written."""


class AccountingError(OvhSmsError):
    """The rows read are not the rows accepted plus the rows rejected: a defect of this package. Nothing was sent."""
