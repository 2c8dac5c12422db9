"""The conversation with one receiver: what they got, what they replied, and what was answered, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, status
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.inbox import REPLIES_DAG, action_name, answer_name, answers_to, masked_text, scope_of
from ovh_sms.dashboard.message_filters import STATUSES
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.store.erased_replies import ERASED

if TYPE_CHECKING:
    from ovh_sms.dashboard.rights import Rights
    from ovh_sms.store.inbound_pages import InboxFilter, InboxRow

router = APIRouter()
#: Messages and replies shown at most, of each.
MOST = 100
SENT, REPLIED, ANSWERED = "sent", "reply", "answer"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a conversation.

    :param kind: ``sent`` for a campaign's message, ``reply``, or ``answer``.
    :param state: delivery status, action, or what became of the answer, to be said.
    :param answered_at: when the reply came that it answers.
    """

    at: datetime | None
    kind: str
    campaign: str
    dag_id: str | None
    run_id: str | None
    state: str
    text: str = ""
    rule: str = ""
    answered_at: datetime | None = None

    @property
    def place(self) -> tuple[bool, datetime | None, bool]:
        """Its place among the others: an answer stands behind its reply, whose moment is of OVH's clock."""
        at = self.at if self.at is None or self.answered_at is None else max(self.at, self.answered_at)
        return at is not None, at, self.kind == ANSWERED


@router.get("/conversation", response_class=HTMLResponse)
def conversation(view: ViewDep, account: str = "", reply: int = 0, numbers: str = "") -> HTMLResponse:
    """Show the conversation that a reply is of; the number and numbers in texts are whole for those who ask for it."""
    rights = view.rights
    found = store().inbound_pages.find(account, reply) if abs(reply) < 2**63 else None
    dag_id = REPLIES_DAG if found is None or found.dag_id is None else found.dag_id
    if found is None or not rights.may_read(dag_id) or not (found.dag_id or rights.may_read_account(found.account)):
        # which replies exist is nobody else's business
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")
    may_see = rights.may_see_numbers(dag_id)
    shown = may_see and numbers == "shown"
    if shown:
        audit = store().audit
        detail = f"conversation opened with numbers: {dag_id}, {found.run_id or '–'}"
        audit.record("open", rights.user_name, detail, audit.digest_of(found.number))
    scope = scope_of(rights)
    lines = [*_replies(found, scope), *_messages(found, rights)]
    return view.page(
        "conversation.html.j2",
        reply=found,
        lines=sorted(lines, key=lambda each: each.place, reverse=True),
        may_see_numbers=may_see,
        numbers_shown=shown,
        erased=ERASED,
        # The whole number is one that the person may see; those in replies to other DAGs may be of anybody.
        shown_text=lambda line: (
            line.text
            if shown and rights.may_see_numbers(line.dag_id or REPLIES_DAG)
            else masked_text(line.text, found.number)
        ),
    )


def _replies(found: InboxRow, scope: InboxFilter) -> list[Line]:
    """The replies of the person, with their answers; of one that is erased only this one is known."""
    pages = store().inbound_pages
    rows = [found] if found.digest is None else pages.of_person(found.digest, scope, limit=MOST)
    answers = answers_to(rows)
    lines = []
    for each in rows:
        about = {"campaign": each.campaign or "", "dag_id": each.dag_id, "run_id": each.run_id}
        state = action_name(each.action, each.keyword)
        lines.append(Line(at=each.received_at, kind=REPLIED, state=state, text=each.text, **about))  # type: ignore[arg-type]
        for answer in answers.get((each.account, each.inbound_id), ()):
            at, named = answer.ended_at or answer.started_at, answer_name(answer)
            of = {"rule": answer.rule, "answered_at": each.received_at, **about}
            lines.append(Line(at=at, kind=ANSWERED, state=named, **of))  # type: ignore[arg-type]
    return lines


def _messages(found: InboxRow, rights: Rights) -> list[Line]:
    """The campaigns' messages that the person got, as far as they are collected."""
    if found.number == ERASED:
        return []
    names = {each.value: name for each, name in STATUSES.items()}
    got = store().message_pages.of_receiver(found.number, rights.readable_dags(), limit=MOST)
    texts = store().published_lists.messages_of({(each.dag_id, each.run_id) for each in got})
    return [
        Line(
            at=each.message.sent_at or each.message.created_at,
            kind=SENT,
            campaign=each.campaign,
            dag_id=each.dag_id,
            run_id=each.run_id,
            state=names[each.message.delivery_status],
            text=texts.get((each.dag_id, each.run_id), ""),
        )
        for each in got
    ]
