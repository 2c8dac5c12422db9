"""Receivers slots and the tasks that clean them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from ..errors import bad
from ..models import Body, Changes
from ..sandbox import Box
from ..world import documents, lists, slots

router = APIRouter()
DESCRIPTION_LENGTH = 40
# A user's slots, and the tasks that clean them, are kept under account/login.
_OWN = "(account = ?1 OR account GLOB ?1 || '/*')"


class NewReceivers(Body):
    """A list for a slot, from an address or from a private document."""

    slotId: Annotated[int, Field(ge=slots.SLOTS[0], le=slots.SLOTS[-1])]
    description: Annotated[str, Field(min_length=1, max_length=DESCRIPTION_LENGTH)]
    autoUpdate: bool
    csvUrl: str | None = None
    documentId: str | None = None


class ReceiversChanges(Changes):
    """The fields of a slot that may be changed."""

    description: Annotated[str | None, Field(min_length=1, max_length=DESCRIPTION_LENGTH)] = None
    autoUpdate: bool | None = None


class Cleaning(Body):
    """The cleaning that a call orders."""

    freemium: bool
    priceOnly: bool


def fetcher(request: Request) -> Callable[[str, Path], None]:
    """Return a function that downloads a list; the call's own host shows which addresses are the sandbox's."""
    own, server = request.headers.get("host", ""), request.scope["server"]
    return partial(lists.fetch, own=own, server=server)


@router.get("/sms/{serviceName}/receivers")
def used(box: Box, serviceName: str) -> list[int]:
    found = box.state.rows("SELECT slot FROM slots WHERE account = ? ORDER BY slot", serviceName)
    return [row["slot"] for row in found]


@router.post("/sms/{serviceName}/receivers")
def create(box: Box, request: Request, serviceName: str, new: NewReceivers) -> dict[str, Any]:
    """Put a list into a slot; it is copied, so the document may go."""
    if (new.csvUrl is None) == (new.documentId is None):
        raise bad("Exactly one of csvUrl and documentId must be given")
    if new.autoUpdate and new.csvUrl is None:
        raise bad("[autoUpdate] A list can only be updated from a csvUrl")
    written = slots.scratch(box)
    try:
        if new.csvUrl is not None:
            fetcher(request)(new.csvUrl, written)
        else:
            _copy(box, new.documentId or "", written)
        about = (new.description, new.autoUpdate, new.csvUrl)
        found = slots.fill(box, serviceName, new.slotId, about, written)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    return slots.shown(found)


def _copy(box: Box, document: str, written: Path) -> None:
    found = documents.find(box, document)
    if not found["size"]:
        raise bad("The document is empty")
    # A hard link: the bytes of a document are replaced as a whole, never changed in place.
    written.hardlink_to(documents.path_of(box, found["id"]))


@router.get("/sms/{serviceName}/receivers/{slotId}")
def one(box: Box, serviceName: str, slotId: int) -> dict[str, Any]:
    return slots.shown(slots.find(box, serviceName, slotId))


@router.put("/sms/{serviceName}/receivers/{slotId}")
def change(box: Box, serviceName: str, slotId: int, changes: ReceiversChanges) -> None:
    found = slots.find(box, serviceName, slotId)
    slots.change(box, found, description=changes.description, auto_update=changes.autoUpdate)


@router.delete("/sms/{serviceName}/receivers/{slotId}")
def delete(box: Box, serviceName: str, slotId: int) -> None:
    slots.delete(box, slots.find(box, serviceName, slotId))


@router.get("/sms/{serviceName}/receivers/{slotId}/csv")
def csv(box: Box, serviceName: str, slotId: int) -> str:
    return slots.file_of(box, slots.find(box, serviceName, slotId)).read_text(encoding="utf-8")


@router.post("/sms/{serviceName}/receivers/{slotId}/clean")
def clean(box: Box, serviceName: str, slotId: int, how: Cleaning) -> dict[str, Any]:
    found = slots.find(box, serviceName, slotId)
    return slots.clean(box, found, freemium=how.freemium, price_only=how.priceOnly)


@router.get("/sms/{serviceName}/task")
def tasks(
    box: Box, serviceName: str, status: Literal["doing", "done", "error", "pause", "todo"] | None = None
) -> list[int]:
    sql = f"SELECT id FROM tasks WHERE {_OWN} AND (?2 IS NULL OR status = ?2) ORDER BY id"
    return [row["id"] for row in box.state.rows(sql, serviceName, status)]


@router.get("/sms/{serviceName}/task/{taskId}")
def task(box: Box, serviceName: str, taskId: int) -> dict[str, Any]:
    sql = f"SELECT * FROM tasks WHERE {_OWN} AND id = ?2"
    found = box.find(f"The task {taskId}", sql, serviceName, taskId)
    shown = {"status": found["status"], "step": found["step"], "taskId": found["id"]}
    return {"function": "cleanSmsReceivers", **shown}
