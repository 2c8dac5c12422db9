"""OVH batches: made, listed, renamed, cancelled, removed, counted."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from ..clock import parse
from ..errors import bad
from ..models import Body
from ..sandbox import Box, Sandbox
from ..world import lists, ovh_batches, sending, slots
from . import jobs
from .receivers import fetcher

router = APIRouter()


class NewBatch(Body):
    """A batch as OVH takes it."""

    model_config = ConfigDict(populate_by_name=True)

    message: str
    sms_class: Literal["FLASH", "PHONE", "SIM"] | None = Field(default=None, alias="class")
    deferred: str | None = None
    sender: str | None = Field(default=None, alias="from")
    name: str = ""
    noStop: bool = False
    senderForResponse: bool = False
    slotID: str | None = None
    tag: str = ""
    to: list[str] | None = None


class NewName(Body):
    """The only field of a batch that may be changed."""

    name: str


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else parse(text)
    except ValueError:
        raise bad(f"[deferred] Given data ({text}) is not a valid date-time") from None


def _job(box: Sandbox, account: str, new: NewBatch, deferred: float | None) -> sending.Job:
    """Return the messages that a batch asks for, checked as those of a job."""
    job = sending.Job(
        message=new.message,
        sender=new.sender,
        senderForResponse=new.senderForResponse,
        noStopClause=new.noStop,
        tag=new.tag,
        receivers=new.to,
        receiversSlotId=new.slotID,
    )
    if (new.to is None) == (new.slotID is None):
        raise bad("Exactly one of to and slotID must be given")
    jobs.check(job)
    job = job.model_copy(update={"sender": jobs.sender_of(box, account, job)})
    return job if deferred is None else job.leaving_at(deferred, now=box.now)


@router.post("/sms/{serviceName}/batches")
def create(box: Box, request: Request, serviceName: str, new: NewBatch) -> dict[str, Any]:
    deferred = _moment(new.deferred)
    job = _job(box, serviceName, new, deferred)
    about = {
        "name": new.name,
        "message": new.message,
        "sender": job.sender,
        "slot": new.slotID,
        "receivers": new.to,
        "deferred": deferred,
    }

    def accept() -> tuple[sending.Report, int]:
        if job.receivers is not None:
            target = jobs.target_of(box, request, jobs.list_of(job.receivers))
            rows = ((receiver, ()) for receiver in job.receivers)
            return sending.accept(box, serviceName, job, target, rows, ()), target.given
        number = jobs.slot_number(job.receiversSlotId or "", name="slotID")
        found = slots.refresh(box, serviceName, slots.find(box, serviceName, number), fetcher(request))
        path = slots.file_of(box, found)
        named = {"slot": number, "description": found["description"]}
        target = jobs.target_of(box, request, sending.List("slot", found["records"], lists.digest(path), **named))
        columns = lists.header(path) if box.features["batch_merge"] else ()
        return sending.accept(box, serviceName, job, target, lists.receivers(path), columns), target.given

    return ovh_batches.accepted(box, ovh_batches.create(box, serviceName, about, accept))


@router.get("/sms/{serviceName}/batches")
def every(box: Box, serviceName: str) -> list[dict[str, Any]]:
    return ovh_batches.listed(box, serviceName)


@router.get("/sms/{serviceName}/batches/{id}")
def one(box: Box, serviceName: str, id: UUID) -> dict[str, Any]:  # noqa: A002
    return ovh_batches.shown(box, ovh_batches.find(box, serviceName, str(id)))


@router.put("/sms/{serviceName}/batches/{id}")
def rename(box: Box, serviceName: str, id: UUID, new: NewName) -> dict[str, Any]:  # noqa: A002
    ovh_batches.rename(box, serviceName, str(id), new.name)
    return one(box, serviceName, id)


@router.delete("/sms/{serviceName}/batches/{id}")
def remove(box: Box, serviceName: str, id: UUID) -> None:  # noqa: A002
    ovh_batches.remove(box, serviceName, str(id))


@router.post("/sms/{serviceName}/batches/{id}/cancel")
def cancel(box: Box, serviceName: str, id: UUID) -> dict[str, Any]:  # noqa: A002
    ovh_batches.cancel(box, serviceName, str(id))
    return one(box, serviceName, id)


@router.get("/sms/{serviceName}/batches/{id}/statistics")
def statistics(box: Box, serviceName: str, id: UUID) -> dict[str, Any]:  # noqa: A002
    return ovh_batches.statistics(box, ovh_batches.find(box, serviceName, str(id)))
