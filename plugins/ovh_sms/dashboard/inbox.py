"""The replies of people: a list with filters and search, page by page, reply rates, the trend of STOPs, callbacks.

A search is a form, which keeps the filters: no word that a person wrote or searched for stands in an address. Every
search is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, status
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ovh_sms.dashboard.callback_totals import totals_of
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import CheckedForm, form_token
from ovh_sms.dashboard.view import ZONE, ViewDep, link
from ovh_sms.messaging.phone_masks import PhoneMask, mask_numbers
from ovh_sms.reply_words import INBOX, OPT_OUT
from ovh_sms.report.language import translatable
from ovh_sms.store.answers import ANSWERED
from ovh_sms.store.erased_replies import ERASED
from ovh_sms.store.inbound_pages import InboxFilter, Place

if TYPE_CHECKING:
    from ovh_sms.dashboard.callback_totals import CallbackTotals
    from ovh_sms.dashboard.rights import Rights
    from ovh_sms.dashboard.view import View
    from ovh_sms.store.answers import AnswerRow
    from ovh_sms.store.inbound_pages import InboxRow

router = APIRouter()
#: The DAG whose rights are those of replies that answer no known run.
REPLIES_DAG = "sms_replies"
#: Who may read this DAG may see how many calls of OVH came in.
CALLBACKS_DAG = "sms_callbacks"
#: Replies on a page, characters of a search, days of the figures.
MOST, LONGEST, DAYS = 50, 60, 30
#: Characters of a reply that a page shows, and those of a number as people write it.
MOST_SHOWN, LONGEST_NUMBER = 2_000, 120
#: What an action without an event is called.
ACTIONS = {OPT_OUT: "STOP", INBOX: translatable("read by no rule")}
#: The same action, if a rule of a task has chosen it.
INBOX_BY_RULE = translatable("left in the inbox by a rule")
#: The choice of replies that answer no known campaign.
NO_CAMPAIGN = translatable("no known campaign")
#: What became of an answer.
ANSWER_NAMES = {
    ANSWERED: translatable("answered"),
    "refused": translatable("answer refused by OVH"),
    "": translatable("answer under way"),
}
NOT_ANSWERED = translatable("not answered")


@dataclass(frozen=True)
class InboxQuery:
    """The choices of a person above the list; the words of the address.

    :param before: place of the last reply of the page before.
    """

    campaign: str = ""
    action: str = ""
    keyword: str = ""
    before: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """The choices, for the addresses of other pages of the same list."""
        return {name: getattr(self, name) for name in ("campaign", "action", "keyword")}


@router.get("/inbox", response_class=HTMLResponse)
def inbox(view: ViewDep, query: Annotated[InboxQuery, Depends(InboxQuery)]) -> HTMLResponse:
    """Show the newest replies to campaigns that the person may read."""
    return _page(view, query, scope_of(view.rights), text="")


def _of_form(
    campaign: Annotated[str, Form()] = "",
    action: Annotated[str, Form()] = "",
    keyword: Annotated[str, Form()] = "",
    before: Annotated[str, Form()] = "",
) -> InboxQuery:
    return InboxQuery(*(each.replace("\0", "") for each in (campaign, action, keyword, before)))


@router.post("/inbox", response_class=HTMLResponse)
def search(
    rights: CheckedForm,
    view: ViewDep,
    query: Annotated[InboxQuery, Depends(_of_form)],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Show the replies that hold a text and pass the filters, to campaigns whose numbers the person may see.

    Without a text it is no search: the filters lead to the page that has them in its address.
    """
    wanted = " ".join(text[:LONGEST].replace("\0", " ").split())  # PostgreSQL takes no NUL
    if not wanted:
        return RedirectResponse(link("inbox", query.chosen), status.HTTP_303_SEE_OTHER)
    editable = rights.editable_dags()
    scope = InboxFilter(dag_ids=editable - {REPLIES_DAG}, with_unknown=REPLIES_DAG in editable)
    scope = replace(scope, unknown_of=rights.readable_accounts())
    # Recorded before anything is shown; what was searched for may name a person.
    store().audit.record("search", rights.user_name, "replies searched on the dashboard")
    return _page(view, query, scope, text=wanted)


def scope_of(rights: Rights) -> InboxFilter:
    """Return which replies a person may read."""
    readable = rights.readable_dags()
    accounts = rights.readable_accounts()
    return InboxFilter(dag_ids=readable, with_unknown=REPLIES_DAG in readable, unknown_of=accounts)


def _page(view: View, query: InboxQuery, scope: InboxFilter, *, text: str) -> HTMLResponse:
    wanted = replace(scope, campaign=query.campaign, action=query.action, keyword=query.keyword, text=text)
    pages, now = store().inbound_pages, store().clock.now()
    rows = pages.page(wanted, limit=MOST + 1, before=place_of(query.before))
    kinds = pages.kinds(scope)
    starts = _days(now)
    days = pages.by_day(scope, starts)
    return view.page(
        "inbox.html.j2",
        query=query,
        text=text,
        token=form_token(view.rights) if view.rights.may_see_some_numbers() else "",
        longest=LONGEST,
        rows=rows[:MOST],
        answers=answers_to(rows[:MOST]),
        next=name_of(rows[MOST - 1].place) if len(rows) > MOST else "",
        campaigns=_choices(kinds.campaigns, query.campaign),
        actions=[(each, view.say(action_name(each))) for each in _choices(kinds.actions, query.action)],
        keywords=_choices(kinds.keywords, query.keyword),
        shown_text=lambda row: masked_text(row.text, row.number),
        action_name=action_name,
        answer_name=answer_name,
        no_campaign=NO_CAMPAIGN,
        erased=ERASED,
        replies_by_day=[(start, number) for start, (number, _) in zip(starts, days, strict=True)],
        opt_outs_by_day=[(start, opt_outs) for start, (_, opt_outs) in zip(starts, days, strict=True)],
        by_day=[(f"{start:%Y-%m-%d}", *numbers) for start, numbers in zip(starts, days, strict=True)][::-1],
        rates=[] if query.before or text else pages.rates(scope.dag_ids, starts[0]),
        callbacks=[] if query.before or text else _callbacks(scope, starts[0]),
        in_days=DAYS,
    )


def _choices(known: Iterable[str], chosen: str) -> list[str]:
    """The choices of a field, with the one that is made: a search knows fewer campaigns than the list."""
    return sorted({*filter(None, known), *filter(None, [chosen])})


def _callbacks(scope: InboxFilter, since: datetime) -> list[CallbackTotals]:
    if CALLBACKS_DAG not in scope.dag_ids:
        return []
    accounts, counts = scope.unknown_of, store().callbacks.counts(since.astimezone(UTC).date())
    return totals_of(each for each in counts if accounts is None or each.account in accounts)


def _days(now: datetime) -> list[datetime]:
    """The first moments of the last days, of today last."""
    today = now.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=each) for each in range(DAYS - 1, -1, -1)]


def masked_text(text: str, number: str) -> str:
    """Mask the numbers in a reply of a person, however they are written; nine digits without their 0 are one, too.

    :returns: its beginning, if it is longer than any page should show.
    """
    # A number that the cut would halve is masked before.
    text, is_cut = text[: MOST_SHOWN + LONGEST_NUMBER], len(text) > MOST_SHOWN
    # First those with their 0: another digit right before them must not be taken for a part of them.
    for incomplete in (False, True):
        text = mask_numbers(text, PhoneMask(own=number, incomplete=incomplete, free_text=True))
    return f"{text[:MOST_SHOWN]}…" if is_cut else text


def action_name(action: str, keyword: str | None = None) -> str:
    """Return what an action is called; an event by its own name.

    :param keyword: the word by which a rule has read the reply.
    """
    return INBOX_BY_RULE if action == INBOX and keyword else ACTIONS.get(action, action)


def answer_name(answer: AnswerRow) -> str:
    """Return what became of an answer."""
    return ANSWER_NAMES.get(answer.state or "", NOT_ANSWERED)


def answers_to(rows: Sequence[InboxRow]) -> dict[tuple[str, int], list[AnswerRow]]:
    """Read the answers to some replies, by account and id."""
    by_account: dict[str, list[int]] = {}
    for each in rows:
        by_account.setdefault(each.account, []).append(each.inbound_id)
    found = {account: store().answers.of_replies(account, ids) for account, ids in by_account.items()}
    return {(account, each): answers for account, some in found.items() for each, answers in some.items()}


def name_of(place: Place) -> str:
    """Write a place for an address: a moment and OVH's id, no number."""
    return f"{place.received_at.isoformat()} {place.inbound_id} {place.account}"


def place_of(text: str) -> Place | None:
    """Read a place; ``None`` for a text that is none."""
    moment, _, rest = text.partition(" ")
    number, _, account = rest.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or abs(int(number)) >= 2**63:
            return None
        return Place(at.astimezone(UTC), account, int(number))
    except (ValueError, OverflowError):
        return None
