"""The messages of a run: a table with filters, page by page, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from ovh_sms.dashboard.message_filters import (
    ACTION_NAMES,
    STATUSES,
    MessageQuery,
    batch_numbers,
    choices,
    message_filter,
    messages_in,
)
from ovh_sms.dashboard.reading import batches_of, started, store
from ovh_sms.dashboard.rights import ReadableRun
from ovh_sms.dashboard.view import ZONE, ViewDep
from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.messaging.number_display import masked_number
from ovh_sms.report.cards import operator_name
from ovh_sms.report.csv import RECEIVER_COLUMNS, cells, header, what_to_do
from ovh_sms.report.remarks import purged
from ovh_sms.store.erased_replies import ERASED
from ovh_sms.store.models import MESSAGE_FIELDS

if TYPE_CHECKING:
    from ovh_sms.dashboard.rights import Rights, Run
    from ovh_sms.store.message_pages import MessageFilter
    from ovh_sms.store.models import Message

router = APIRouter()
QueryDep = Annotated[MessageQuery, Depends(MessageQuery)]


@router.get("/messages", response_class=HTMLResponse)
def messages(run: ReadableRun, query: QueryDep, view: ViewDep) -> HTMLResponse:
    """Show one page of a run's messages; numbers are whole for those who may see them and ask for it."""
    batches = batches_of(run.dag_id, run.run_id)
    tags = [each.tag for each in batches]
    numbers, figures = batch_numbers(store(), batches), store().figures.of(*tags)
    offered = choices(store(), numbers, figures, view.say)
    wanted = message_filter(query, offered)
    shown = _open_numbers(run, query, view.rights, "messages opened")
    kept = {each.tag for each in batches if each.purged_at is None}
    found = store().message_pages.page(
        tags, wanted, order=query.order, descending=query.descending, after=query.after, before=query.before
    )
    return view.page(
        "messages.html.j2",
        run=run,
        record=started(run.dag_id, run.run_id),
        campaign=batches[0].campaign if batches else run.dag_id,
        query=query,
        offered=offered,
        found=found,
        total=messages_in({tag: each for tag, each in figures.items() if tag in kept}, wanted),
        batch_numbers=numbers,
        numbers_shown=shown,
        erased=ERASED,
        cause_of=lambda message: cause(message.operator_code, DeliveryStatus(message.delivery_status)),
        action_of=lambda message: ACTION_NAMES.get(what_to_do(message.operator_code, message.delivery_status)),
        operator_of=lambda message: operator_name(message.operator, view.say) if message.operator else "–",
        status_names={status.value: name for status, name in STATUSES.items()},
        seconds=_seconds,
        purged=[purged(each.purged_at, ZoneInfo(ZONE), view.say) for each in batches if each.purged_at][:1],
    )


@router.get("/messages.csv")
def messages_csv(run: ReadableRun, query: QueryDep, view: ViewDep) -> Response:
    """Give all messages that pass the filters, as they are read: ``;`` separated, UTF-8, moments in UTC."""
    batches = batches_of(run.dag_id, run.run_id)
    tags = [each.tag for each in batches]
    offered = choices(store(), batch_numbers(store(), batches), store().figures.of(*tags), view.say)
    wanted = message_filter(query, offered)
    shown = _open_numbers(run, query, view.rights, "messages downloaded")
    name = f"messages_{tags[0] if tags else 'none'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(tags, wanted, shown), media_type="text/csv; charset=utf-8", headers=headers)


def _open_numbers(run: Run, query: MessageQuery, rights: Rights, action: str) -> bool:
    """Return whether whole numbers are shown, and record who opened them first."""
    shown = run.may_see_numbers and query.numbers == "shown"
    if shown:
        store().audit.record("open", rights.user_name, f"{action} with numbers: {run.dag_id}, {run.run_id}")
    return shown


def _lines(tags: list[str], wanted: MessageFilter, shown: bool) -> Iterator[str]:
    yield ";".join(header(RECEIVER_COLUMNS)) + "\n"
    for messages in store().message_pages.blocks(tags, wanted):
        block = {name: [getattr(each, name) for each in messages] for name in MESSAGE_FIELDS}
        block["receiver"] = [each if shown or each == ERASED else masked_number(each) for each in block["receiver"]]
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\n").writerows(
            zip(*cells(block, RECEIVER_COLUMNS), strict=True)
        )
        yield text.getvalue()


def _seconds(message: Message) -> float | None:
    """Seconds from sent to delivered; clocks that disagree say nothing."""
    if message.sent_at is None or message.delivered_at is None:
        return None
    seconds = (message.delivered_at - message.sent_at).total_seconds()
    return seconds if seconds >= 0 else None
