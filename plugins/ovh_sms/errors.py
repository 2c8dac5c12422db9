"""Every error of this package, in one tree::

    OvhSmsError
    ├── ConfigurationError          the connection or a parameter is wrong
    │   ├── ConnectionMissing       Airflow has no connection of that name
    │   ├── CampaignFileError       a campaign file is wrong; names the file and the field
    │   │   └── BrokenFiles         some campaign files are wrong; names all of them
    │   └── ContactsError           a contact list cannot be used; names the file and the place
    │       └── EmptyList           a contact list has a header and no row
    ├── PreflightError              a check before the submission failed
    │   ├── SenderNotEnabled        the sender does not exist, waits for validation or was refused
    │   ├── WrongChannel            the account is not for messages of the campaign's kind
    │   ├── ContentRefused          OVH refuses something that the message or its values hold
    │   ├── InsufficientCredits     the account holds fewer credits than the campaign costs
    │   ├── BudgetExceeded          the campaign or the order costs more than it may
    │   ├── TooManyRejects          the contact list has lost more rows than the campaign allows
    │   ├── ReceiversMismatch       the receivers slot at OVH does not hold the list of this batch
    │   ├── RequestChanged          an earlier try of this task submitted something else
    │   ├── ScheduleTooOld          the planned time of the run is long past
    │   ├── OutsideHours            messages would leave at an hour that is not allowed
    │   ├── DuplicateSubmission     the same message went to the same list a short time ago
    │   ├── RunCancelled            a person cancelled the run
    │   ├── SubmissionInFlight      another run of the campaign is submitting right now (retryable)
    │   ├── NoFreeSlot              all nine receivers slots of the account are in use (retryable)
    │   ├── OpenOrderExists         an order for the account is still open
    │   ├── OrderNotApproved        a person must approve the order, and has not approved this very one
    │   └── AccountRecredited       OVH buys credits for the account by itself
    ├── OrderNotDelivered           an order was cancelled, or its credits did not come in time
    ├── UnreadableReplies           OVH does not show some replies as it should; the others are stored
    ├── SourceUnavailable           the source of a contact list gave no complete answer (retryable)
    ├── StoreUnavailable            the results database cannot be reached (retryable)
    ├── DeadlineMissed              a write was not ready before its deadline (retryable)
    ├── JournalUnavailable          the journal is missing, or is not the one that the other workers use
    ├── WrongReceivers              OVH sent to people who are not on the list (executed)
    ├── SentMoreThanOnce            OVH made more messages than its answer accounts for (executed)
    ├── AccountingError             rows in ≠ accepted + rejected: a defect of this package
    └── ApiError                    OVH answered with an error, or gave no answer; carries status, code and query id
        ├── AuthenticationError     the keys are wrong or expired
        ├── MissingRight            the keys lack one right; names it
        ├── RequestRefused          OVH refused the request
        │   ├── OutOfCredits        the account holds too few credits for the request (HTTP 402)
        │   ├── NotFound            the account, slot, document or message does not exist
        │   └── AccountExpired      the SMS account has expired (HTTP 460)
        ├── Unavailable             OVH cannot be reached, is overloaded, or refused a write's time (retryable)
        │   └── RateLimited         too many calls; carries ``retry_after`` in seconds if OVH sent it
        └── OutcomeUnknown          a write may have been executed; the next try reconciles it (retryable)
            └── ResolutionRequired  nobody but a person can decide whether the write was executed

The class says what happened. ``is_retryable`` says whether the same task may succeed later without a change.
``was_executed`` says whether OVH executed the write; ``None`` if that is unknown. No code decides by a text.
"""

from __future__ import annotations

from typing import ClassVar

from ovh_sms.error_text import shown

_Text = str | None


class OvhSmsError(Exception):
    """A campaign cannot go on; the text says what happened, what was not done and what to do.

    :param what: what happened, in one sentence.
    :param action: what was not done and what the person should do.
    """

    is_retryable: ClassVar[bool] = False
    was_executed: bool | None = False
    #: What happened, without technical details; empty if ``what`` has none.
    plain: str = ""
    #: Characters of the text at most; None for any number.
    longest: ClassVar[int | None] = None

    def __init__(self, what: str, *, action: str = "") -> None:
        self.what, self.action = what, action
        super().__init__(shown(what, action, self.longest))


class ConfigurationError(OvhSmsError):
    """The connection or a parameter is wrong. Nothing was sent."""

    longest: ClassVar[int | None] = 580


class ConnectionMissing(ConfigurationError):
    """Airflow has no connection of that name. Nothing was called."""


class CampaignFileError(ConfigurationError):
    """A campaign file is wrong. The text names the file and the field."""


class BrokenFiles(CampaignFileError):
    """Some campaign files are wrong. The text names all of them."""

    longest = None


class ContactsError(ConfigurationError):
    """A contact list cannot be used. The text names the file and the place."""


class EmptyList(ContactsError):
    """A contact list has a header and no row."""


class PreflightError(OvhSmsError):
    """A check before the submission failed. Nothing was sent."""


class SenderNotEnabled(PreflightError):
    """The sender does not exist, waits for validation or was refused."""


class WrongChannel(PreflightError):
    """The account is not for messages of the campaign's kind."""


class ContentRefused(PreflightError):
    """OVH refuses something that the message or its values hold."""


class InsufficientCredits(PreflightError):
    """The account holds fewer credits than the campaign costs."""


class BudgetExceeded(PreflightError):
    """The campaign or the order costs more than it may."""


class TooManyRejects(PreflightError):
    """The contact list has lost more rows for their faults than the campaign allows. Nothing was sent."""


class ReceiversMismatch(PreflightError):
    """The receivers slot at OVH does not hold the list of this batch."""


class RequestChanged(PreflightError):
    """An earlier try of this task submitted something else. Nothing is sent again."""


class ScheduleTooOld(PreflightError):
    """The planned time of the run is long past. Nothing was sent."""


class OutsideHours(PreflightError):
    """Messages would leave at an hour that the campaign or the law does not allow. Nothing was sent."""


class DuplicateSubmission(PreflightError):
    """The same message went to the same people a short time ago. Nothing is sent again."""


class RunCancelled(PreflightError):
    """A person cancelled the run. Nothing more is sent for it."""


class SubmissionInFlight(PreflightError):
    """Another run of the same campaign is submitting right now. Try again later."""

    is_retryable = True


class NoFreeSlot(PreflightError):
    """All nine receivers slots of the account are in use. Try again later."""

    is_retryable = True


class OpenOrderExists(PreflightError):
    """An order for the account is still open. No second one is made, and OVH's own recredit is not switched on."""


class OrderNotApproved(PreflightError):
    """A person must approve the order, and has not approved this very one. Nothing is ordered."""


class AccountRecredited(PreflightError):
    """OVH buys credits for the account by itself. Nothing is ordered or transferred."""


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


class ApiError(OvhSmsError):
    """OVH answered with an error, or gave no answer.

    :param status: HTTP status; ``None`` if no answer came.
    :param code: OVH's ``errorCode`` or ``class``, if it sent one.
    :param query_id: OVH's ``X-OVH-QUERYID``, to quote to its support.
    """

    def __init__(
        self, what: str, *, action: str = "", status: int | None = None, code: _Text = None, query_id: _Text = None
    ) -> None:
        self.status, self.code, self.query_id = status, code, query_id
        details = (status is not None and f"HTTP {status}", code, query_id and f"query id {query_id}")
        shown = ", ".join(detail for detail in details if detail)
        super().__init__(f"{what} ({shown})" if shown else what, action=action)


class AuthenticationError(ApiError):
    """The keys are wrong or expired; ``out_of_time``: OVH refused only the time in the signature."""

    def __init__(self, what: str, *, out_of_time: bool = False, **details: object) -> None:
        self.out_of_time = out_of_time
        super().__init__(what, **details)  # type: ignore[arg-type]


class MissingRight(ApiError):
    """The keys lack one right. The text names it."""


class RequestRefused(ApiError):
    """OVH refused the request and did not execute it; a proxy's refusal counts only for a read."""


class OutOfCredits(RequestRefused):
    """The account holds too few credits for the request (HTTP 402)."""


class NotFound(RequestRefused):
    """The account, slot, document or message does not exist."""


class AccountExpired(RequestRefused):
    """The SMS account has expired (HTTP 460)."""


class Unavailable(ApiError):
    """OVH cannot be reached, is overloaded, or refused the time of a write, and executed nothing. Try again."""

    is_retryable = True


class RateLimited(Unavailable):
    """OVH takes no more calls for now; ``retry_after``: seconds after which it does, if it sent them."""

    def __init__(self, what: str, *, retry_after: float | None = None, **details: object) -> None:
        self.retry_after = retry_after
        super().__init__(what, **details)  # type: ignore[arg-type]


class OutcomeUnknown(ApiError):
    """A write may have been executed. The next try reconciles it with OVH and never repeats it blindly."""

    is_retryable, was_executed = True, None


class ResolutionRequired(OutcomeUnknown):
    """It is not known whether a write was executed, and only a person can decide. The text names the command."""

    is_retryable = False
