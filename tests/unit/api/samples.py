"""Requests, answers and types that several test files use."""

from __future__ import annotations

from collections.abc import Callable

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.submission_request import SubmissionRequest
from support.raw_server import RawServer

ACCOUNT = "sms-sb00001-1"

#: Makes a client: keyword arguments as those of the class, all of them optional.
MakeClient = Callable[..., OvhSmsClient]
StartServer = Callable[[Callable[[str], bytes | str]], RawServer]

NUMBERS = [f"+3363998{number:04d}" for number in range(120)]
NUMBER = NUMBERS[1]
SUBMIT = "POST /sms/{serviceName}/jobs"

#: OVH's answer to a submission to ``NUMBER``.
SENT = (
    b'{"ids":[1],"validReceivers":["%b"],"invalidReceivers":[],"totalCreditsRemoved":1,"tag":"spring"}'
    % NUMBER.encode()
)


def submission(**given: object) -> SubmissionRequest:
    settings: dict[str, object] = {
        "message": "Bonjour Zoé",
        "stop_clause": True,
        "tag": "spring",
        "receivers": NUMBERS[:3],
        "sender": "MYSHOP",
    }
    return SubmissionRequest(**{**settings, **given})  # type: ignore[arg-type]
