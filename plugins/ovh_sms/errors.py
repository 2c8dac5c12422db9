"""Every error this package raises, in one tree::

    OvhSmsError
    ├── ConfigurationError          the connection or a parameter is wrong; nothing was sent
    │   ├── CampaignFileError       a campaign file is wrong; names the file and the field
    │   └── ContactsError           a contact list cannot be used; names the file and the place
    ├── PreflightError              a check before sending said no; nothing was sent
    │   ├── SenderNotEnabled        the sender does not exist, waits for validation or was refused
    │   ├── InsufficientCredits     the account holds fewer credits than the campaign costs
    │   ├── BudgetExceeded          the campaign or the order costs more than it may
    │   ├── ReceiversMismatch       the receivers list at OVH is not the one this campaign uploaded
    │   ├── SendingChanged          the task has sent already, and would now send something else
    │   ├── TooLate                 the run's scheduled time is long past
    │   ├── AlreadySent             the same message went to the same list a short time ago; nothing is sent again
    │   ├── RunStopped              a person has stopped the run; nothing more is sent for it
    │   ├── CampaignBusy            another run of the campaign is sending right now; try again later
    │   ├── NoFreeSlot              all nine receivers lists of the account are in use; try again later
    │   └── OpenOrderExists         an unpaid order for the account is open; no second one is made
    ├── SourceUnavailable           the place a contact list comes from gave no complete answer; try again
    ├── TooSlow                     a write was not ready in time, so nothing was handed to OVH; try again
    ├── StateNotKept                what a task must remember is not kept, or not shared; nothing was sent
    ├── WrongListSent               OVH sent to people who are not on the list: somebody took its place at OVH
    ├── AccountingError             rows in ≠ accepted + rejected: a defect; nothing was sent
    └── ApiError                    OVH answered, or failed to answer; carries status, code and query id
        ├── AuthenticationError     the keys are wrong or expired
        ├── MissingRight            the keys lack one right; names it
        ├── RequestRefused          OVH found the request wrong; it was not executed
        │   ├── NotFound            no such account, slot, document or job
        │   └── AccountExpired      the SMS account itself is expired (HTTP 460)
        ├── Unavailable             OVH is not reachable or overloaded and has done nothing; try again
        │   └── RateLimited         too many calls; carries ``retry_after`` seconds when OVH said so
        └── OutcomeUnknown          a write may have been executed: reconcile, never repeat blindly

Nobody decides by an error's text: the class says what happened, the attributes say the rest.
"""

from __future__ import annotations


class OvhSmsError(Exception):
    """Something about a campaign is wrong; the text says what, where and what to do.

    :param what: what is wrong and where, in one sentence.
    :param action: what the person should do about it.
    """

    def __init__(self, what: str, *, action: str = "") -> None:
        self.what = what
        self.action = action
        super().__init__(f"{what} {action}".strip())


class ConfigurationError(OvhSmsError):
    """The connection or a parameter is wrong; nothing was sent."""


class CampaignFileError(ConfigurationError):
    """A campaign file is wrong; the text names the file and the field."""


class ContactsError(ConfigurationError):
    """A contact list cannot be used; the text names the file and the place."""


class PreflightError(OvhSmsError):
    """A check before sending said no; nothing was sent."""


class SenderNotEnabled(PreflightError):
    """The sender does not exist, waits for validation or was refused."""


class InsufficientCredits(PreflightError):
    """The account holds fewer credits than the campaign costs."""


class BudgetExceeded(PreflightError):
    """The campaign or the order costs more than it may."""


class ReceiversMismatch(PreflightError):
    """The receivers list at OVH is not the one this campaign uploaded."""


class SendingChanged(PreflightError):
    """The task has sent already, and would now send something else; nothing is sent again."""


class TooLate(PreflightError):
    """The run's scheduled time is long past; nothing was sent."""


class AlreadySent(PreflightError):
    """The same message went to the same list a short time ago; nothing is sent again."""


class RunStopped(PreflightError):
    """A person has stopped the run; nothing more is sent for it."""


class CampaignBusy(PreflightError):
    """Another run of the same campaign is sending right now; try again later."""


class NoFreeSlot(PreflightError):
    """All nine receivers lists of the account are in use; try again later."""


class OpenOrderExists(PreflightError):
    """An unpaid order for the account is open; no second one is made."""


class SourceUnavailable(OvhSmsError):
    """The database, server or storage a contact list comes from gave no complete answer; nothing was sent."""


class WrongListSent(OvhSmsError):
    """OVH sent to people who are not on the list, because somebody put another one in its place."""


class TooSlow(OvhSmsError):
    """A write was not ready before its last moment: nothing was handed to OVH; try again."""


class StateNotKept(OvhSmsError):
    """What must be remembered to write only once is not kept, or not shared by the workers; nothing was written."""


class AccountingError(OvhSmsError):
    """Rows in are not accepted + rejected: a defect of this package; nothing was sent."""


class ApiError(OvhSmsError):
    """OVH answered with an error, or failed to answer.

    :param status: HTTP status, or ``None`` where no answer came.
    :param code: OVH's ``errorCode`` or ``class``, where given.
    :param query_id: OVH's ``X-OVH-QUERYID``, to quote to its support.
    """

    def __init__(
        self,
        what: str,
        *,
        action: str = "",
        status: int | None = None,
        code: str | None = None,
        query_id: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.query_id = query_id
        details = [
            f"HTTP {status}" if status is not None else "",
            code or "",
            f"query id {query_id}" if query_id else "",
        ]
        shown = ", ".join(detail for detail in details if detail)
        super().__init__(f"{what} ({shown})" if shown else what, action=action)


class AuthenticationError(ApiError):
    """The keys are wrong or expired; ``out_of_time`` where OVH minds nothing but the time that was signed."""

    def __init__(self, what: str, *, out_of_time: bool = False, **details: object) -> None:
        self.out_of_time = out_of_time
        super().__init__(what, **details)  # type: ignore[arg-type]


class MissingRight(ApiError):
    """The keys lack one right; the text names it."""


class RequestRefused(ApiError):
    """OVH found the request wrong; it was not executed."""


class NotFound(RequestRefused):
    """No such account, slot, document or job."""


class AccountExpired(RequestRefused):
    """The SMS account itself is expired (HTTP 460)."""


class Unavailable(ApiError):
    """OVH is not reachable or overloaded and has done nothing; try again."""


class RateLimited(Unavailable):
    """Too many calls; ``retry_after`` holds the seconds OVH asked for, where it did."""

    def __init__(self, what: str, *, retry_after: float | None = None, **details: object) -> None:
        self.retry_after = retry_after
        super().__init__(what, **details)  # type: ignore[arg-type]


class OutcomeUnknown(ApiError):
    """A write may have been executed: reconcile with what OVH shows, never repeat blindly."""
