"""The senders of an account, from the request to the validation."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from ..models import Body
from ..sandbox import Box
from ..world import senders as world

router = APIRouter()


class NewSender(Body):
    """A sender to be validated."""

    sender: str = Field(min_length=1, max_length=17)
    description: str = ""
    reason: str = ""


class Code(Body):
    """The code that was sent to a number."""

    code: str


@router.get("/sms/{serviceName}/senders")
def senders(box: Box, serviceName: str) -> list[str]:
    return [row["name"] for row in world.every(box, serviceName)]


@router.post("/sms/{serviceName}/senders")
def add_sender(box: Box, request: Request, serviceName: str, new: NewSender) -> str:
    """Ask for a sender; it waits for validation, which the control side or a number's code can give."""
    fault = request.scope.get("fault")
    world.request(box, serviceName, new.sender, new.description, late=fault and fault.hides())
    return new.sender


@router.get("/sms/{serviceName}/senders/{sender}")
def sender(box: Box, serviceName: str, sender: str) -> dict[str, Any]:
    found = world.find(box, serviceName, sender)
    about = {name: found[name] for name in ("comment", "description", "status")}
    return {**about, "referer": "custom", "sender": sender, "type": found["type"] or "alpha", "validationMedia": None}


@router.delete("/sms/{serviceName}/senders/{sender}")
def delete_sender(box: Box, serviceName: str, sender: str) -> None:
    world.delete(box, serviceName, sender)


@router.post("/sms/{serviceName}/senders/{sender}/validate")
def validate(box: Box, serviceName: str, sender: str, given: Code) -> None:
    world.validate(box, serviceName, sender, given.code)
