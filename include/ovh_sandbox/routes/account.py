"""SMS accounts and their settings."""

import json
import uuid
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ..errors import bad
from ..models import Body, Changes
from ..sandbox import Box
from ..world import callbacks, transfers, users

router = APIRouter()


class TrackingOption(Changes):
    """A person or a program that gets a copy of each reply."""

    media: Literal["email", "sms", "voice"]
    sender: str = ""
    target: str = ""


class ResponseSettings(Changes):
    """The way on which OVH passes replies on. With ``cgi`` it calls ``cgiUrl``; nobody is answered."""

    responseType: Literal["cgi", "none", "text"] = "none"
    cgiUrl: str | None = None
    text: str | None = None
    trackingDefaultSmsSender: str | None = None
    trackingOptions: list[TrackingOption] | None = Field(default_factory=list)


class Settings(BaseModel):
    """The fields of an account that may be changed; the others are read-only and ignored."""

    model_config = ConfigDict(extra="ignore")

    automaticRecreditAmount: int | None = None
    callBack: str | None = None
    creditThresholdForAutomaticRecredit: float | None = None
    description: str | None = None
    smsResponse: ResponseSettings = ResponseSettings()
    stopCallBack: str | None = None
    templates: dict[str, Any] | None = None


class NewTransfer(Body):
    """Credits for another account of the customer."""

    credits: float
    smsAccountTarget: str


@router.get("/sms")
def accounts(box: Box, iamTags: str | None = None) -> list[str]:
    return [row["name"] for row in box.state.rows("SELECT name FROM accounts ORDER BY name")]


@router.get("/sms/{serviceName}")
def account(box: Box, serviceName: str) -> dict[str, Any]:
    found = box.account(serviceName)
    quotas = users.held(box, serviceName)
    return {
        **found.settings,
        "creditsHoldByQuota": round(found.hold + sum(quotas), 2),
        "creditsLeft": round(found.credits - transfers.not_shown(box, serviceName), 2),
        "iam": {
            "displayName": serviceName,
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"ovh-sandbox/{serviceName}")),
            "tags": {},
            "urn": f"urn:v1:eu:resource:sms:{serviceName}",
        },
        "name": serviceName,
        "status": "enable",
        "userQuantityWithQuota": len(quotas),
    }


@router.put("/sms/{serviceName}")
def change_account(box: Box, serviceName: str, changes: Settings) -> None:
    amount = changes.automaticRecreditAmount
    if amount is not None and amount not in transfers.RECREDITS:
        raise bad(f"[automaticRecreditAmount] Given data ({amount}) does not belong to the enumeration")
    given = changes.model_dump(exclude_unset=True)
    if "smsResponse" in given:
        given["smsResponse"] = changes.smsResponse.model_dump()  # whole, as OVH shows it
    with box.state.write():
        settings = {**box.account(serviceName).settings, **given}
        settings["creditThresholdForAutomaticRecredit"] = settings["creditThresholdForAutomaticRecredit"] or 0
        box.state.change("UPDATE accounts SET settings = ? WHERE name = ?", json.dumps(settings), serviceName)
        callbacks.watch(box, serviceName)
        transfers.recredit(box, serviceName)


@router.post("/sms/{serviceName}/transferCredits")
def transfer(box: Box, request: Request, serviceName: str, new: NewTransfer) -> None:
    """Transfer credits at once; only a transfer back undoes it."""
    fault = request.scope.get("fault")
    transfers.make(box, serviceName, new.smsAccountTarget, new.credits, late=fault and fault.hides())
