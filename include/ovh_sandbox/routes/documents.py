"""Private documents of the customer, and their pre-signed addresses outside the signed API."""

import asyncio
import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from pydantic import Field

from ..clock import parse
from ..errors import bad
from ..models import Body, Changes
from ..sandbox import Box
from ..world import documents

router = APIRouter()
files = APIRouter()


class Tag(Body):
    """A key and a value."""

    key: str
    value: str


class NewDocument(Body):
    """A document to be filled by a PUT to its address."""

    name: str
    tags: list[Tag] = Field(default_factory=list)


class DocumentChanges(Changes):
    """The date on which a document expires; None lifts it."""

    expirationDate: str | None = None


def _address(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


@router.get("/me/document")
def every(box: Box) -> list[str]:
    sql = "SELECT id FROM documents WHERE expires IS NULL OR expires > ? ORDER BY created, id"
    return [row["id"] for row in box.state.rows(sql, box.now)]


@router.post("/me/document")
def create(box: Box, request: Request, new: NewDocument) -> dict[str, Any]:
    document = documents.create(box, new.name, [tag.model_dump() for tag in new.tags])
    return documents.shown(box, documents.find(box, document), _address(request))


@router.get("/me/document/{id}")
def one(box: Box, request: Request, id: str) -> dict[str, Any]:  # noqa: A002
    """A document; its size is 0 as long as there is nothing in it."""
    return documents.shown(box, documents.find(box, id), _address(request))


@router.put("/me/document/{id}")
def change(box: Box, id: str, changes: DocumentChanges) -> None:  # noqa: A002
    documents.find(box, id)
    if "expirationDate" in changes.model_fields_set:
        try:
            end = None if changes.expirationDate is None else parse(changes.expirationDate)
        except ValueError:
            raise bad("[expirationDate] Given data is not a valid date-time") from None
        box.state.change("UPDATE documents SET expires = ? WHERE id = ?", end, id)


@router.delete("/me/document/{id}")
def delete(box: Box, id: str) -> None:  # noqa: A002
    documents.delete(box, documents.find(box, id)["id"])


def _signed_by_ovh(request: Request) -> bool:
    """Whether a client sends its API headers where they have no business."""
    return any(name.startswith("x-ovh-") or name == "authorization" for name in request.headers)


@files.put("/documents/{document}")
async def put(box: Box, request: Request, document: str, signature: str = "") -> Response:
    """Take the bytes of a document, as a stream."""
    if _signed_by_ovh(request):
        return PlainTextResponse("A pre-signed address takes no API headers\n", 400)
    if await asyncio.to_thread(documents.opened, box, document, "PUT", signature) is None:
        return PlainTextResponse("Forbidden\n", 403)
    written = box.state.files / f"upload-{secrets.token_hex(8)}"
    try:
        with written.open("wb") as stream:
            async for chunk in request.stream():
                stream.write(chunk)
        await asyncio.to_thread(documents.store, box, document, written)
    finally:
        written.unlink(missing_ok=True)
    return Response(status_code=201)


@files.get("/documents/{document}")
def get(box: Box, request: Request, document: str, signature: str = "") -> Response:
    if _signed_by_ovh(request):
        return PlainTextResponse("A pre-signed address takes no API headers\n", 400)
    found = documents.opened(box, document, "GET", signature)
    if found is None:
        return PlainTextResponse("Forbidden\n", 403)
    if not documents.shown(box, found, "")["size"]:
        return PlainTextResponse("Not found\n", 404)
    return FileResponse(documents.path_of(box, document), media_type="application/octet-stream")
