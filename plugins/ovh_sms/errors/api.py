"""OVH's answers that are errors, and answers that did not come."""

from __future__ import annotations

from ovh_sms.errors.base import OvhSmsError

_Text = str | None


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
