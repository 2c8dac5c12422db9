"""Jobs: new ones, and messages that wait to be sent."""

import re
import sqlite3
from dataclasses import replace
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..errors import Refusal, bad
from ..faults import FaultOrder
from ..sandbox import Box, Sandbox
from ..world import lists, senders, sending, slots, users
from ..world.messages import PENDING, job_id, row_of_job
from . import listing
from .receivers import fetcher

router = APIRouter()
TAG_LENGTH = 20
_contact = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w|(?:\+|00?)\d(?:[ .-]?\d){8,}", re.IGNORECASE)


@router.post("/sms/{serviceName}/jobs")
def send(box: Box, request: Request, serviceName: str, job: sending.Job) -> Response:
    return made(box, request, serviceName, job)


def made(box: Sandbox, request: Request, account: str, job: sending.Job, *, login: str | None = None) -> Response:
    """Accept a job of an account, or of its user, and report it."""
    check(job)
    job = job.model_copy(update={"sender": sender_of(box, account, job)})
    report = _accept(box, account, job, request, login)
    return Response(report.body(box.state.db, job.tag), media_type="application/json")


def _accept(box: Sandbox, account: str, job: sending.Job, request: Request, login: str | None) -> sending.Report:
    if job.receivers is not None:
        target = target_of(box, request, list_of(job.receivers))
        rows = ((receiver, ()) for receiver in job.receivers)
        return sending.accept(box, account, job, target, rows, (), user=login)
    if job.receiversSlotId is not None:
        number = slot_number(job.receiversSlotId)
        owner = account if login is None else users.owner_of_slots(box, account, login)
        found = slots.refresh(box, owner, slots.find(box, owner, number), fetcher(request))
        path = slots.file_of(box, found)
        about = {"slot": number, "description": found["description"]}
        target = target_of(box, request, sending.List("slot", found["records"], lists.digest(path), **about))
        return sending.from_file(box, account, job, target, path, user=login)
    written = slots.scratch(box)
    try:
        fetcher(request)(job.receiversDocumentUrl or "", written)
        target = sending.List("document", lists.check(written), lists.digest(written))
        return sending.from_file(box, account, job, target_of(box, request, target), written, user=login)
    finally:
        written.unlink(missing_ok=True)


def list_of(receivers: list[str]) -> sending.List:
    """Return the list that the receivers of a call are."""
    digest = sha256("".join(f"{receiver}\n" for receiver in receivers).encode()).hexdigest()
    return sending.List("receivers", len(receivers), digest)


def target_of(box: Sandbox, request: Request, target: sending.List) -> sending.List:
    """Return the list as an ordered fault changes it: its first rows only, or listed late, as all may be."""
    fault: FaultOrder | None = request.scope.get("fault")
    late: float = box.features["late_messages"]
    if fault is not None and fault.kind == "partial":
        return replace(target, most=fault.first_of(target.records))
    if fault is not None and fault.kind == "late_listing":
        return replace(target, late=fault.lasts)
    return replace(target, late=late) if late else target


def check(job: sending.Job) -> None:
    """Refuse a message, a tag or receivers that OVH does not take."""
    if not job.message:
        raise bad("[message] Given data is empty")
    if len(job.tag) > TAG_LENGTH:
        raise bad(f"[tag] Given data is longer than {TAG_LENGTH} characters")
    ways = (job.receivers, job.receiversSlotId, job.receiversDocumentUrl)
    if sum(way is not None for way in ways) != 1:
        raise bad("Exactly one of receivers, receiversSlotId and receiversDocumentUrl must be given")
    if job.senderForResponse and _contact.search(job.message):
        raise bad("cannot send contact information with shortcode")


def slot_number(text: str, *, name: str = "receiversSlotId") -> int:
    """Read the number of a slot, which OVH takes as a text."""
    if not text.isdecimal():
        raise bad(f"[{name}] Given data ({text}) is not a slot number")
    return int(text)


def sender_of(box: Sandbox, account: str, job: sending.Job) -> str:
    """Return the sender's name; empty for the short number, which wins if both are given."""
    if job.senderForResponse:
        return ""
    if not job.sender:
        raise bad("Missing parameter: sender")
    found = senders.every(box, account, job.sender)
    if not found:
        raise Refusal(403, f"Sms sender {job.sender} does not exists. Please create it first")
    if found[0]["status"] != "enable":
        raise Refusal(403, f"Sms sender {job.sender} is not enabled")
    return job.sender


def _shown(box: Sandbox, row: sqlite3.Row) -> dict[str, Any]:
    """Show a sms.Job, which carries no tag."""
    return {**listing.common(box, row), "id": job_id(row["id"])}


def _find(box: Sandbox, account: str, number: int, login: str | None) -> sqlite3.Row:
    return listing.one(box, account, row_of_job(number), PENDING, f"The job {number}", login=login)


def pending_of(box: Sandbox, request: Request, account: str, login: str | None) -> Response:
    """List the messages that wait, of an account or of its user."""
    where = f"s.account = :account AND s.last_sent > :now AND {PENDING} AND {users.listing_of(box, login)}"
    values = {"account": account, "now": box.now, "login": login}
    return listing.answer(box, request.headers, listing.Selection(where, values, job_id, _shown))


def job_of(box: Sandbox, account: str, number: int, login: str | None) -> dict[str, Any]:
    """Show a message that waits."""
    return _shown(box, _find(box, account, number, login))


def withdraw(box: Sandbox, account: str, number: int, login: str | None) -> None:
    """Cancel a message that waits; its credits come back, to the quota that paid them."""
    with box.state.write() as db:
        found = _find(box, account, number, login)
        db.execute("UPDATE messages SET cancelled = ? WHERE id = ?", (int(box.now), found["id"]))
        users.refund(box, account, found["job"], found["credits"])


@router.get("/sms/{serviceName}/jobs")
def pending(box: Box, serviceName: str, request: Request) -> Response:
    return pending_of(box, request, serviceName, None)


@router.get("/sms/{serviceName}/jobs/{id}")
def job(box: Box, serviceName: str, id: int) -> dict[str, Any]:  # noqa: A002
    return job_of(box, serviceName, id, None)


@router.delete("/sms/{serviceName}/jobs/{id}")
def cancel(box: Box, serviceName: str, id: int) -> None:  # noqa: A002
    withdraw(box, serviceName, id, None)
