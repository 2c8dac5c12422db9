"""From OVH's answer, or the lack of one, to the error that says what happened, without any I/O."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from typing import Any

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
    RateLimited,
    RequestRefused,
    Unavailable,
)

_OUT_OF_TIME = "QUERY_TIME_OUT"

#: OVH's codes for keys that do not hold, with what to do about each.
KEY_PROBLEMS: Mapping[str, str] = {
    "INVALID_KEY": "Check the Application key and that it was made for this endpoint.",
    "INVALID_CREDENTIAL": "Check the Consumer key: it may be expired or of another application. Make a new one.",
    "NOT_CREDENTIAL": "Check the Consumer key: OVH does not know it, or nobody validated it yet.",
    "INVALID_SIGNATURE": "Check the Application secret and the Consumer key.",
    _OUT_OF_TIME: "Set this machine's clock: the request's time is too far from OVH's.",
    "INVALID_CLIENT": "Check the OAuth2 client id and secret and that they were made for this endpoint.",
    "UNAUTHORIZED_CLIENT": "Check that the OAuth2 client has the client credentials flow.",
}

#: Without an errorCode only OVH's words tell these two apart from any other refusal.
_CLOCK_WORDS = "query out of time"
_RIGHT_WORDS = "not granted"

_LONG_NUMBER = re.compile(r"\+?\d{9,15}")

RECONCILE = (
    "It may have been executed: look at what OVH shows (pending jobs, outgoing messages, orders) "
    "before doing it again."
)


def error_from_answer(call: Call, *, status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """Error for an answer whose status is not 2xx.

    :param call: what was asked.
    :param status: HTTP status.
    :param headers: the answer's headers.
    :param content: the answer's body, whatever it is.
    """
    body = _object(content)
    code = _first_text(body, "errorCode", "class", "error")
    message = without_numbers(_first_text(body, "message", "error_description") or "it does not say why")
    found: dict[str, Any] = {"status": status, "code": code or None, "query_id": headers.get("X-OVH-QUERYID")}
    if status == 429:
        return _rate_limited(call, headers, found)
    if status == 408 or status >= 500 or status < 400:
        return _not_settled(call, f"OVH answered {call.shown} with HTTP {status}", found)
    return (
        _key_problem(call, code, message, found)
        or _missing_right(call, code, message, found)
        or _refused(call, message, found)
    )


def error_from_exception(call: Call, error: Exception, *, address: str) -> ApiError:
    """Error for a request that brought no complete answer.

    :param call: what was asked.
    :param error: what ``requests`` raised.
    :param address: the host asked, to be named in the text.
    """
    reason = describe(error)
    if was_not_sent(error):
        return Unavailable(
            f"{address} is not reachable: {reason}. {call.shown} was not sent.",
            action="Check the Endpoint field and the network, and that the sandbox runs if it is one; then try again.",
        )
    return _not_settled(call, f"No complete answer from {address} to {call.shown}: {reason}", {})


def error_from_unreadable(call: Call, error: ValueError, *, status: int, query_id: str | None) -> ApiError:
    """Error for a 2xx answer whose body cannot be understood.

    :param call: what was asked.
    :param error: why the body cannot be read.
    """
    why = (
        "its body is no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
    )
    what = f"OVH's answer to {call.shown} cannot be read: {why}"
    return _not_settled(call, what, {"status": status, "query_id": query_id})


def was_not_sent(error: Exception) -> bool:
    """Whether a request that failed cannot have reached OVH: no connection was made.

    :param error: what ``requests`` raised.
    """
    from requests import exceptions as failed
    from urllib3.exceptions import NewConnectionError

    before = (
        failed.ConnectTimeout,
        failed.ProxyError,
        failed.InvalidURL,
        failed.MissingSchema,
        failed.InvalidSchema,
    )
    if isinstance(error, before):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):
        return True
    certificate = (
        reason.args[0] if isinstance(error, failed.SSLError) and reason is not None and reason.args else None
    )
    return isinstance(certificate, ssl.SSLCertVerificationError)


def describe(error: Exception) -> str:
    """Say in a few words why there was no answer, without the address asked, which may hold a number or a signature.

    :param error: what ``requests`` raised.
    """
    from requests import exceptions as failed
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, failed.ConnectTimeout):
        return "the connection could not be made in time"
    if isinstance(error, failed.ProxyError):
        return "the proxy refused"
    if isinstance(error, failed.SSLError):
        return "its certificate was not accepted" if was_not_sent(error) else "the encrypted connection broke"
    if isinstance(reason, NameResolutionError):
        return "its name is not known"
    if isinstance(reason, NewConnectionError):
        return "the connection was refused"
    if isinstance(error, failed.Timeout) or "timed out" in str(error).lower():
        return "it did not answer in time"
    return "the connection broke"


def without_numbers(text: str) -> str:
    """Hide what may be a phone number in a text of OVH's: all but its last two digits.

    :param text: OVH's words.
    """
    return _LONG_NUMBER.sub(lambda found: f"…{found.group()[-2:]}", text)


def _rate_limited(call: Call, headers: Mapping[str, str], found: dict[str, Any]) -> ApiError:
    seconds = retry_after_seconds(headers.get("Retry-After"))
    when = f"in {seconds:.0f} s" if seconds is not None else "in a minute"
    return RateLimited(
        f"OVH takes no more calls for now: {call.shown} was not executed.",
        retry_after=seconds,
        action=f"Try again {when}; lower Calls per minute if it happens often.",
        **found,
    )


def _not_settled(call: Call, what: str, found: dict[str, Any]) -> ApiError:
    if call.is_write:
        return OutcomeUnknown(f"{what}.", action=RECONCILE, **found)
    return Unavailable(f"{what}.", action="Nothing was changed; try again later.", **found)


def _key_problem(call: Call, code: str, message: str, found: dict[str, Any]) -> ApiError | None:
    known = code.upper()
    if known not in KEY_PROBLEMS and _CLOCK_WORDS in message.lower():
        known = _OUT_OF_TIME
    if known not in KEY_PROBLEMS and found["status"] != 401:
        return None
    action = KEY_PROBLEMS.get(known, "Check the keys of the connection.")
    return AuthenticationError(
        f"OVH does not accept the keys at {call.shown}: {message}",
        out_of_time=known == _OUT_OF_TIME,
        action=action,
        **found,
    )


def _missing_right(call: Call, code: str, message: str, found: dict[str, Any]) -> ApiError | None:
    if found["status"] != 403 or not (code == "NOT_GRANTED_CALL" or _RIGHT_WORDS in message.lower()):
        return None
    action = action_for(call.method, call.template)
    iam = f"; with OAuth2, allow {action} in an IAM policy" if action else ""
    return MissingRight(
        f"The keys lack the right `{call.shown}`: {message}",
        action=f"Make a consumer key that has it{iam}.",
        **found,
    )


def _refused(call: Call, message: str, found: dict[str, Any]) -> ApiError:
    if found["status"] == 404:
        return NotFound(
            f"OVH has nothing at {call.shown}: {message}",
            action="Check the account's name and the id.",
            **found,
        )
    if found["status"] == 460:
        return AccountExpired(
            f"OVH refused {call.shown}: {message}",
            action="Renew the SMS account in OVH's control panel.",
            **found,
        )
    return RequestRefused(
        f"OVH refused {call.shown}: {message}", action="Correct the request; it was not executed.", **found
    )


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:  # an HTML page of a proxy, or nothing at all
        return {}
    return body if isinstance(body, Mapping) else {}


def _first_text(body: Mapping[str, Any], *names: str) -> str:
    return next((body[name] for name in names if isinstance(body.get(name), str) and body[name]), "")
