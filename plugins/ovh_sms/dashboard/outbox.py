"""Single SMS: their page, and ``POST /ovh-sms/outbox``, which takes some over HTTP with the rights of Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import OUTBOX_DAG, RightsDep
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.errors import ConfigurationError, KeyReused
from ovh_sms.outbox.queue import queue_rows
from ovh_sms.report.language import translatable
from ovh_sms.store.outbox_queries import OutboxFilter
from ovh_sms.store.outbox_records import CANCELLED, EXPIRED, PENDING, REFUSED, SUBMITTED, UNKNOWN, QueuedSms

if TYPE_CHECKING:
    from ovh_sms.dashboard.rights import Rights

router = APIRouter()
#: SMS of one request, and bytes of its body.
MOST_ROWS, MOST_BYTES = 1_000, 1 << 20


#: States of a row in words.
STATES = {
    PENDING: translatable("waits"),
    SUBMITTED: translatable("accepted by OVH"),
    REFUSED: translatable("refused"),
    EXPIRED: translatable("expired"),
    UNKNOWN: translatable("outcome unknown"),
    CANCELLED: translatable("cancelled"),
}
#: Rows on the page.
MOST_SHOWN = 100


class GivenSms(BaseModel):
    """One SMS as the body of a request has it; nothing in it is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    key: str
    receiver: str
    message: str
    sender: str
    stop_clause: bool
    message_class: str | None = Field(default=None, alias="class")
    coding: str | None = None
    priority: str | None = None
    deferred_until: datetime | None = None
    validity: int | None = None
    tag: str | None = None
    account: str = ""
    user: str = ""


_GIVEN: TypeAdapter[GivenSms | list[GivenSms]] = TypeAdapter(GivenSms | list[GivenSms])


@dataclass(frozen=True)
class OutboxQuery:
    """The choices of a person above the list; the words of the address."""

    state: str = ""
    tag: str = ""


@router.get("/outbox", response_class=HTMLResponse)
def outbox_page(view: ViewDep, query: Annotated[OutboxQuery, Depends(OutboxQuery)]) -> HTMLResponse:
    """Show the newest rows of the outbox to those who may read its DAG; numbers are masked, texts are not shown."""
    if not view.rights.may_read(OUTBOX_DAG):
        raise HTTPException(403, "Forbidden")
    accounts = view.rights.readable_accounts()
    wanted = OutboxFilter(state=query.state or None, tag=query.tag or None, accounts=accounts)
    return view.page(
        "outbox.html.j2",
        rows=store().outbox.latest(wanted, limit=MOST_SHOWN),
        counts=store().outbox.counts(OutboxFilter(accounts=accounts)),
        row_states=STATES,
        query=query,
        most=MOST_SHOWN,
    )


def _writer(rights: RightsDep) -> Rights:
    """Let those pass who may start a run of the DAG that sends the outbox."""
    if not rights.may_start(OUTBOX_DAG):
        raise HTTPException(403, "Forbidden")
    return rights


async def _body(request: Request) -> bytes:
    """Read a JSON body, but no more than is allowed. Another server's form cannot have this type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Send application/json.")
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            raise HTTPException(413, f"Send at most {MOST_BYTES:,} bytes.")
    return bytes(found)


@router.post("/outbox")
def queue_over_http(rights: Annotated[Any, Depends(_writer)], body: Annotated[bytes, Depends(_body)]) -> dict[str, int]:
    """Queue one SMS, or a list of them: all or none. An answer names keys and reasons, no number and no text."""
    rows = _read(body)
    if not all(rights.may_read_account(row.account) for row in rows if row.account):
        raise HTTPException(403, "Forbidden")
    # The default connection sends them, perhaps for an account that is not the person's.
    if not all(row.account for row in rows) and not rights.may_read_account(""):
        raise HTTPException(422, "Name the account of each SMS: you may not read every account. Nothing was queued.")
    try:
        new = queue_rows(store(), rows, allow_fiction=_is_sandbox())
    except KeyReused as error:
        raise HTTPException(409, str(error)) from None
    except ConfigurationError as error:
        raise HTTPException(422, str(error)) from None
    return {"new": new, "known": len({row.key for row in rows}) - new}


def _read(body: bytes) -> list[QueuedSms]:
    try:
        given = _GIVEN.validate_json(body)
    except ValidationError as error:
        # Neither the values nor pydantic's own sentences, which may quote them.
        wrong = sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)})
        raise HTTPException(422, f"These fields are missing, unknown or wrong: {', '.join(wrong)[:500]}.") from None
    listed = given if isinstance(given, list) else [given]
    if not 1 <= len(listed) <= MOST_ROWS:
        raise HTTPException(422, f"Send 1 to {MOST_ROWS:,} SMS.")
    return [QueuedSms(**each.model_dump()) for each in listed]


def _is_sandbox() -> bool:
    """Whether the default connection leads to a sandbox, which alone sends to numbers of the range for fiction."""
    from ovh_sms.hooks.sms import OvhSmsHook

    try:
        return OvhSmsHook().is_sandbox
    except Exception:  # the connection is missing or broken: the task says so
        return False
