"""From an answer of OVH, or the lack of one, to the error that says what happened. No I/O."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ovh_sms.api.answer import Answer, describe_unreadable
from ovh_sms.api.calls import Call
from ovh_sms.api.retry import retry_after_seconds
from ovh_sms.api.rights import action_for
from ovh_sms.errors import (
    AccountExpired,
    ApiError,
    AuthenticationError,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    RequestRefused,
    Unavailable,
)

_OUT_OF_TIME = "QUERY_TIME_OUT"

#: OVH's codes for wrong keys, each with the advice.
KEY_PROBLEMS: Mapping[str, str] = {
    "INVALID_KEY": "Check the Application key and that it belongs to this endpoint.",
    "INVALID_CREDENTIAL": "Check the Consumer key: it may be expired or belong to another application. Make a new one.",
    "NOT_CREDENTIAL": "Check the Consumer key: OVH does not know it, or nobody has validated it yet.",
    "INVALID_SIGNATURE": "Check the Application secret and the Consumer key.",
    _OUT_OF_TIME: "Set this machine's clock: the request's time is too far from OVH's.",
    "INVALID_CLIENT": "Check the OAuth2 client id and secret and that they belong to this endpoint.",
    "UNAUTHORIZED_CLIENT": "Check that the OAuth2 client has the client credentials flow.",
}

#: Without an errorCode only OVH's words distinguish these two from other refusals.
_CLOCK_WORDS = "query out of time"
_RIGHT_WORDS = "not granted"

#: Refusals with an error class of their own, each with the advice.
_REFUSALS: Mapping[int, tuple[type[RequestRefused], str]] = {
    402: (OutOfCredits, "It was not executed. Order credits for the account, then clear the task."),
    404: (NotFound, "Check the account's name and the id."),
    460: (AccountExpired, "Renew the SMS account in OVH's control panel."),
}

_LONG_NUMBER = re.compile(r"\+?\d{9,15}")
#: OVH may quote an address that it refuses to call.
_CALLBACK_SECRET = re.compile(r"ovhcb_[\w-]*", re.ASCII | re.IGNORECASE)

RECONCILE = (
    "It may have been executed. Check what OVH lists (pending messages, outgoing messages, orders) "
    "before doing it again."
)


#: The header that OVH adds to every answer of its own.
_QUERY_ID = "X-OVH-QUERYID"


def error_from_answer(call: Call, answer: Answer, *, now: datetime) -> ApiError:
    """Return the error for an answer whose status is not 2xx; ``now`` counts for a date in Retry-After.

    A 4xx proves that a write was not executed only if it is OVH's own answer: a proxy may answer after OVH has acted.
    A refusal that only holds for the moment proves it of this request alone: a proxy may have repeated an executed one.
    """
    status, body = answer.status, _object(answer.content)
    code = _first_text(body, "errorCode", "class", "error")
    message = without_numbers(_first_text(body, "message", "error_description") or "it gives no reason")
    query_id = answer.headers.get(_QUERY_ID, "").strip() or None
    details: dict[str, Any] = {"status": status, "code": code or None, "query_id": query_id}
    if status == 408 or status >= 500 or status < 400:
        return _undecided(call, f"OVH answered {call.shown} with HTTP {status}", details)
    if call.is_write and not (query_id and _has_fields_of_ovh(body)):
        return _undecided(call, f"The answer to {call.shown} is not OVH's own", details)
    if status == 429:
        return _rate_limited(call, retry_after_seconds(answer.headers.get("Retry-After"), now=now), details)
    known = _OUT_OF_TIME if _CLOCK_WORDS in message.lower() and code.upper() not in KEY_PROBLEMS else code.upper()
    if status == 401 or known in KEY_PROBLEMS:
        action = KEY_PROBLEMS.get(known, "Check the keys of the connection.")
        what = f"OVH refused the keys at {call.shown}: {message}"
        return AuthenticationError(what, action=action, out_of_time=known == _OUT_OF_TIME, **details)
    if status == 403 and (code == "NOT_GRANTED_CALL" or _RIGHT_WORDS in message.lower()):
        iam = action_for(call.method, call.template)
        action = "Make a consumer key that has it" + (f"; with OAuth2, allow {iam} in an IAM policy." if iam else ".")
        return MissingRight(f"The keys lack the right `{call.shown}`: {message}", action=action, **details)
    if not _has_fields_of_ovh(body):  # it says nothing about the account or the object
        action = "Nothing was changed. Check the proxy between this machine and OVH, and the Endpoint field."
        return RequestRefused(f"The answer to {call.shown} is not OVH's own: {message}", action=action, **details)
    kind, action = _REFUSALS.get(status, (RequestRefused, "It was not executed. Correct the request."))
    refused = kind(f"OVH refused {call.shown}: {message}", action=action, **details)
    # OVH's words name the credits of that very moment: other batches are refused alike with other figures.
    reason = "the account holds too few credits" if kind is OutOfCredits else message
    refused.plain = f"OVH refused the request: {reason}"
    if call.is_write and kind in (
        RequestRefused,
        OutOfCredits,
    ):  # it may be for credits, and OVH documents no answer for that
        refused.was_executed = None
    return refused


def error_from_exception(call: Call, error: Exception, *, address: str) -> ApiError:
    """Return the error for a request that ended with an exception of ``requests`` instead of a complete answer."""
    reason = describe(error)
    if was_not_sent(error):
        return Unavailable(
            f"{address} cannot be reached: {reason}. {call.shown} was not sent.",
            action="Check the Endpoint field and the network, and that the sandbox runs if it is one; then try again.",
        )
    return _undecided(call, f"No complete answer from {address} to {call.shown}: {reason}", {})


def error_from_unreadable(call: Call, answer: Answer, error: ValueError) -> ApiError:
    """Return the error for a 2xx answer whose body a reading function found unreadable."""
    what = f"OVH's answer to {call.shown} cannot be read: {describe_unreadable(error)}"
    return _undecided(call, what, {"status": answer.status, "query_id": answer.headers.get(_QUERY_ID)})


def was_not_sent(error: Exception) -> bool:
    """Return whether a request that failed with an exception of ``requests`` never had a connection to OVH."""
    from requests import exceptions as failed
    from urllib3.exceptions import NewConnectionError

    unsendable = (failed.InvalidURL, failed.MissingSchema, failed.InvalidSchema)
    if isinstance(error, (failed.ConnectTimeout, failed.ProxyError, *unsendable)):
        return True
    reason = _reason(error)
    if isinstance(error, failed.SSLError) and reason is not None and reason.args:
        return isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)


def describe(error: Exception) -> str:
    """Describe an exception of ``requests`` without the address, which may hold a number or a signature."""
    from requests import exceptions as failed
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    if isinstance(error, failed.ConnectTimeout):
        return "the connection could not be made in time"
    if isinstance(error, failed.ProxyError):
        return "the proxy refused"
    if isinstance(error, failed.SSLError):
        return "its certificate was not accepted" if was_not_sent(error) else "the encrypted connection broke"
    if isinstance(_reason(error), NameResolutionError):
        return "its name is not known"
    if isinstance(_reason(error), NewConnectionError):
        return "the connection was refused"
    if isinstance(error, failed.Timeout) or "timed out" in str(error).lower():
        return "it did not answer in time"
    return "the connection broke"


def _reason(error: Exception) -> Exception | None:
    return getattr(error.args[0], "reason", None) if error.args else None


def without_numbers(text: str) -> str:
    """Hide possible phone numbers in a text of OVH, all but their last two digits, and secrets of callbacks."""
    return _LONG_NUMBER.sub(lambda found: f"…{found.group()[-2:]}", _CALLBACK_SECRET.sub("***", text))


def _rate_limited(call: Call, seconds: float | None, details: dict[str, Any]) -> ApiError:
    when = f"in {seconds:.0f} s" if seconds is not None else "in a minute"
    limited = RateLimited(
        f"OVH takes no more calls for now: {call.shown} was not executed.",
        retry_after=seconds,
        action=f"Try again {when}; lower Calls per minute if it happens often.",
        **details,
    )
    if call.is_write:
        limited.was_executed = None
    return limited


def _undecided(call: Call, what: str, details: dict[str, Any]) -> ApiError:
    if call.is_write:
        return OutcomeUnknown(f"{what}.", action=RECONCILE, **details)
    return Unavailable(f"{what}.", action="Nothing was changed. Try again later.", **details)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:  # an HTML page of a proxy, or nothing at all
        return {}
    return body if isinstance(body, Mapping) else {}


def _has_fields_of_ovh(body: Mapping[str, Any]) -> bool:
    """Whether a body is one of OVH's two kinds of errors: a class or an errorCode, and a message."""
    return bool(_first_text(body, "class", "errorCode")) and isinstance(body.get("message"), str)


def _first_text(body: Mapping[str, Any], *names: str) -> str:
    return next((body[name] for name in names if isinstance(body.get(name), str) and body[name]), "")
