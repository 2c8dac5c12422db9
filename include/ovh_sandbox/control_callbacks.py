"""The control side of callbacks: the calls that were made, and those that are to come."""

from typing import Any

from fastapi import APIRouter

from .sandbox import Box

router = APIRouter()
_EACH = """
SELECT account, kind, ref, method, tries, calls, status, over, fate FROM callbacks
WHERE :account IS NULL OR account = :account ORDER BY id
"""


@router.get("/callbacks")
def every_callback(box: Box, account: str | None = None) -> list[dict[str, Any]]:
    """List the callbacks of an account, or of all, without their addresses.

    ``status`` is the last answer, null without one; ``calls`` counts how often it was called; ``over`` that it will not
    be called again; ``fate`` is ``lost`` for one that was never called, ``doubled`` for one that was called twice.
    """
    return [{**dict(row), "over": bool(row["over"])} for row in box.state.rows(_EACH, account=account)]
