"""Jobs, sent messages, replies and exports of the users of an account. No OVH batches, and no dates."""

from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ..sandbox import Box
from ..world import sending, users
from ..world.messages import PTT, RECEIPT
from . import incoming, jobs, outgoing
from .outgoing import Since, Until, moment


def require_user(box: Box, serviceName: str, login: str) -> None:
    """Refuse a call about a user that the account does not have."""
    users.settings_of(box, serviceName, login)


router = APIRouter(dependencies=[Depends(require_user)])


@router.get("/sms/{serviceName}/users/{login}/jobs")
def pending(box: Box, serviceName: str, login: str, request: Request) -> Response:
    return jobs.pending_of(box, request, serviceName, login)


@router.post("/sms/{serviceName}/users/{login}/jobs")
def send(box: Box, request: Request, serviceName: str, login: str, job: sending.Job) -> Response:
    """Send as a user: its quota pays if it is active, else the account."""
    return jobs.made(box, request, serviceName, job, login=login)


@router.get("/sms/{serviceName}/users/{login}/jobs/{id}")
def job(box: Box, serviceName: str, login: str, id: int) -> dict[str, Any]:  # noqa: A002
    return jobs.job_of(box, serviceName, id, login)


@router.delete("/sms/{serviceName}/users/{login}/jobs/{id}")
def cancel(box: Box, serviceName: str, login: str, id: int) -> None:  # noqa: A002
    jobs.withdraw(box, serviceName, id, login)


@router.get("/sms/{serviceName}/users/{login}/outgoing")
def sent(
    box: Box,
    request: Request,
    serviceName: str,
    login: str,
    deliveryReceipt: int | None = None,
    differedDelivery: int | None = None,
    ptt: int | None = None,
    receiver: str | None = None,
    sender: str | None = None,
    tag: str | None = None,
) -> Response:
    filters = {
        f"{RECEIPT} = :receipt": deliveryReceipt,
        "s.delay = :delay": differedDelivery,
        f"{PTT} = :ptt": ptt,
        "m.receiver = :receiver": receiver,
        "s.sender = :sender": sender,
        "s.tag = :tag": tag,
    }
    return outgoing.listed(box, request, serviceName, filters, login=login)


@router.get("/sms/{serviceName}/users/{login}/outgoing/{id}")
def one(box: Box, serviceName: str, login: str, id: int) -> dict[str, Any]:  # noqa: A002
    return outgoing.shown(box, outgoing.find(box, serviceName, id, login=login))


@router.delete("/sms/{serviceName}/users/{login}/outgoing/{id}")
def delete(box: Box, serviceName: str, login: str, id: int) -> None:  # noqa: A002
    outgoing.remove(box, serviceName, id, login=login)


@router.get("/sms/{serviceName}/users/{login}/incoming")
def replies(
    box: Box, request: Request, serviceName: str, login: str, sender: str | None = None, tag: str | None = None
) -> Response:
    filters = {"r.number = :sender": sender, "r.tag = :tag": tag}
    return incoming.listed(box, request, serviceName, filters, login=login)


@router.get("/sms/{serviceName}/users/{login}/incoming/{id}")
def reply(box: Box, serviceName: str, login: str, id: int) -> dict[str, Any]:  # noqa: A002
    return incoming.reply(box, serviceName, id, login=login)


@router.delete("/sms/{serviceName}/users/{login}/incoming/{id}")
def forget(box: Box, serviceName: str, login: str, id: int) -> None:  # noqa: A002
    incoming.remove(box, serviceName, id, login=login)


@router.get("/sms/{serviceName}/users/{login}/document")
def export(
    box: Box,
    serviceName: str,
    login: str,
    wayType: Literal["incoming", "outgoing"],
    since: Since = None,
    until: Until = None,
    tag: str | None = None,
) -> Any:
    """Begin an export of the user's messages."""
    dates = {"since": moment("creationDatetime.from", since), "until": moment("creationDatetime.to", until)}
    wanted = {"account": serviceName, "login": login, "way": wayType, "tag": tag, "batch": None, **dates}
    return outgoing.started(box, wanted)
