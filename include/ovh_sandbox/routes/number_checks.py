"""Number checks (HLR): new ones, and what became of them."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..errors import bad
from ..models import Body
from ..sandbox import Box
from ..world import number_checks as world

router = APIRouter()


class NewChecks(Body):
    """The numbers to check."""

    receivers: list[str] | None = None
    receiversDocumentUrl: str | None = None


@router.get("/sms/{serviceName}/hlr")
def checks(box: Box, serviceName: str) -> Response:
    sql = f"SELECT c.id FROM number_checks c WHERE {world.LISTED} ORDER BY c.id"
    ids = [row["id"] for row in box.state.rows(sql, account=serviceName)]
    return Response(json.dumps(ids), media_type="application/json")


@router.post("/sms/{serviceName}/hlr")
def check(box: Box, request: Request, serviceName: str, new: NewChecks) -> dict[str, Any]:
    """Check numbers; a document's address is not taken here."""
    if new.receiversDocumentUrl is not None:
        raise bad("[receiversDocumentUrl] The sandbox takes receivers only")
    return world.make(box, serviceName, world.refuse_empty(new.receivers), request.scope.get("fault"))


def _find(box: Box, account: str, number: int) -> Any:
    sql = f"SELECT c.* FROM number_checks c WHERE {world.LISTED} AND c.id = :id"
    return box.find(f"The hlr {number}", sql, account=account, id=number)


@router.get("/sms/{serviceName}/hlr/{id}")
def one(box: Box, serviceName: str, id: int) -> dict[str, Any]:  # noqa: A002
    return world.show(box, _find(box, serviceName, id))


@router.get("/sms/{serviceName}/hlr/{id}/operator")
def operator(box: Box, serviceName: str, id: int) -> dict[str, Any]:  # noqa: A002
    return world.operator(_find(box, serviceName, id))
