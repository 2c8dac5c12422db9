"""Asks OVH for a consumer key with some access rules; a person must open an address before it is valid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ovh_sms.api.answer import Answer
from ovh_sms.api.calls import Call
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.error_mapping import error_from_answer, error_from_exception
from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError

#: Seconds to connect, and to wait for the answer.
TIMEOUT = (10.0, 60.0)

#: It makes a key that does nothing before a person validates it.
REQUEST_CALL = Call("POST", "/auth/credential", safe=True)


@dataclass(frozen=True)
class RequestedKey:
    """A consumer key that is valid once a person has opened the address.

    :param validation_url: page of OVH that asks for the customer's login and for how long the key shall be valid.
    """

    consumer_key: str = field(repr=False)
    validation_url: str = field(repr=False)
    state: str


def request_consumer_key(application: Credentials, rules: Iterable[str]) -> RequestedKey:
    """Ask OVH for a consumer key with exactly these rules, through python-ovh. Source: POST ``/auth/credential``.

    It needs no rights and is not signed; the application key alone names the application.

    :param application: application key and secret; a consumer key in it is not used.
    :param rules: each such as ``GET /sms/sms-xx-1/jobs``.
    :raises ovh_sms.errors.ConfigurationError: the application key or its secret is missing.
    :raises ovh_sms.errors.AuthenticationError: OVH does not know the application key.
    :raises ovh_sms.errors.Unavailable: OVH cannot be reached, or its answer cannot be read.
    """
    from ovh.exceptions import APIError, HTTPError

    from ovh_sms.api.http_adapter import OnceAdapter
    from ovh_sms.api.ovh_time import OvhTime
    from ovh_sms.api.signing import SignatureSigner

    if not (application.application_key and application.application_secret):
        raise ConfigurationError(
            "The application key or its secret is missing. No consumer key was asked for.",
            action="Make them on OVH's page createApp, and put them into the connection.",
        )
    keys = replace(application, consumer_key="")
    client = SignatureSigner(keys, TIMEOUT, OnceAdapter(), OvhTime(SystemClock())).client
    pairs = [rule.split(" ", 1) for rule in rules]
    try:
        asked = client.request_consumerkey([{"method": method, "path": path} for method, path in pairs])
        return RequestedKey(str(asked["consumerKey"]), str(asked["validationUrl"]), str(asked["state"]))
    except HTTPError as error:
        cause = next((each for each in reversed(error.args) if isinstance(each, Exception)), error)
        raise error_from_exception(REQUEST_CALL, cause, address=f"OVH ({keys.endpoint})") from None
    except APIError as error:
        raise error_from_answer(REQUEST_CALL, _answer_of(error), now=SystemClock().now()) from None
    except (KeyError, TypeError):
        raise ConfigurationError(
            "OVH's answer names no consumer key.", action="Check the Endpoint field, then ask again."
        ) from None


def _answer_of(error: Any) -> Answer:
    """OVH's answer, which python-ovh's error holds; none of OVH's own if it could not be read."""
    response = error.response
    if response is None:
        return Answer(502, {}, b"")
    return Answer(response.status_code, response.headers, response.content)
