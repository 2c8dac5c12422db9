"""The receivers slots of users: their own ones, or the account's (feature ``user_slots``)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from ..sandbox import Box
from ..world import users
from . import receivers


def _owner(box: Box, serviceName: str, login: str) -> str:
    return users.owner_of_slots(box, serviceName, login)


router = APIRouter()
Owner = Annotated[str, Depends(_owner)]


@router.get("/sms/{serviceName}/users/{login}/receivers")
def used(box: Box, owner: Owner) -> list[int]:
    return receivers.used(box, owner)


@router.post("/sms/{serviceName}/users/{login}/receivers")
def create(box: Box, request: Request, owner: Owner, new: receivers.NewReceivers) -> dict[str, Any]:
    return receivers.create(box, request, owner, new)


@router.get("/sms/{serviceName}/users/{login}/receivers/{slotId}")
def one(box: Box, owner: Owner, slotId: int) -> dict[str, Any]:
    return receivers.one(box, owner, slotId)


@router.put("/sms/{serviceName}/users/{login}/receivers/{slotId}")
def change(box: Box, owner: Owner, slotId: int, changes: receivers.ReceiversChanges) -> None:
    receivers.change(box, owner, slotId, changes)


@router.delete("/sms/{serviceName}/users/{login}/receivers/{slotId}")
def delete(box: Box, owner: Owner, slotId: int) -> None:
    receivers.delete(box, owner, slotId)


@router.get("/sms/{serviceName}/users/{login}/receivers/{slotId}/csv")
def csv(box: Box, owner: Owner, slotId: int) -> str:
    return receivers.csv(box, owner, slotId)


@router.post("/sms/{serviceName}/users/{login}/receivers/{slotId}/clean")
def clean(box: Box, owner: Owner, slotId: int, how: receivers.Cleaning) -> dict[str, Any]:
    return receivers.clean(box, owner, slotId, how)
