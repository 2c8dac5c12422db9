"""The credits of an account: how long they last, what was ordered and transferred, and what a person must do."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ovh_sms.campaign.dag_ids import campaign_dag_id, campaign_of_dag
from ovh_sms.dashboard.approvals import WaitingApproval, waiting_approvals
from ovh_sms.dashboard.headers import policy
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import CreditsEditor, CreditsReader, form_token
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.report.account_lines import basis_lines, credit_curve, credits_line, days_line, money_line, recredit_line
from ovh_sms.report.account_view import AccountView, account_view, known_accounts
from ovh_sms.report.credit_needs import CreditNeed, credit_needs, lasts
from ovh_sms.report.order_words import age_words, payment_words, price_words, status_words

if TYPE_CHECKING:
    from ovh_sms.dashboard.rights import Rights
    from ovh_sms.dashboard.view import View

router = APIRouter()
#: Lines of each table at most.
MOST = 50
#: Rows of the table beside the curve.
_CURVE_ROWS = 12
#: Addresses that an order's form may have: a browser is sent nowhere else.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
#: Columns of the file of orders; OVH's link to its form is in none.
_COLUMNS = (
    *("order_id", "account", "ordered_at", "quantity", "price_with_tax", "price_without_tax", "currency"),
    *("status", "status_at", "paid", "delivered_at", "expires_at"),
)


@dataclass(frozen=True)
class Share:
    """Credits of a run or a campaign; ``dag_id`` is empty for those of DAGs that the person may not read."""

    dag_id: str
    name: str
    credits: float
    run_id: str = ""
    runs: int = 1
    since: datetime | None = None
    until: datetime | None = None


@router.get("/credits", response_class=HTMLResponse)
def credits_page(view: ViewDep, rights: CreditsReader, account: str = "") -> HTMLResponse:
    """Show the credits of one account; without one, the list of accounts if there are several."""
    known, now = [each for each in known_accounts(store()) if rights.may_read_account(each)], store().clock.now()
    if account and account not in known:
        raise HTTPException(404, "Not Found")
    if not account and len(known) != 1:
        views, asked = [account_view(store(), each, now) for each in known], waiting_approvals(rights.session)
        rows = [
            (each, credit_needs(each, view.say), [one for one in asked if one.account == each.account])
            for each in views
        ]
        return view.page("accounts.html.j2", rows=rows, **_words(view))
    return _account_page(view, rights, account_view(store(), account or known[0], now), several=len(known) > 1)


def _account_page(view: View, rights: Rights, it: AccountView, *, several: bool) -> HTMLResponse:
    needs, may_pay = credit_needs(it, view.say), rights.may_edit_credits()
    approvals = [each for each in waiting_approvals(rights.session) if each.account == it.account]
    payable = {each.order_id: each.url for each in it.open_orders if may_pay and each.url}
    origins = {origin for url in payable.values() if (origin := _origin(url))}
    readable = rights.readable_dags()
    page = view.page(
        "credits.html.j2",
        it=it,
        several=several,
        state=_state(it, needs, approvals),
        needs=needs,
        approvals=approvals,
        payable={order_id for order_id, url in payable.items() if _origin(url)},
        token=form_token(rights) if origins else "",
        reserved=list(_reserved(it, readable)),
        waiting=list(_waiting(it, readable)),
        planned=list(_planned(it, readable)),
        curve=credit_curve(it.balances, it.enough) if len(it.balances) > 1 else None,
        curve_rows=_thinned(it.balances),
        most=MOST,
        shown_account=lambda name: name if rights.may_read_account(name) else view.say("another account"),
        **_words(view),
    )
    if origins:  # the browser follows the redirect to OVH's form only if the policy of this page names it
        page.headers["Content-Security-Policy"] = policy(form_action=sorted(origins))
    return page


@router.post("/order")
def open_order(rights: CreditsEditor, order_id: Annotated[int, Form()] = 0) -> Response:
    """Lead to OVH's form of an order that waits for its payment; the opening is recorded."""
    order = store().orders.of(order_id)
    if (
        order is None
        or not order.waits_for_a_person
        or not order.url
        or not _origin(order.url)
        or not rights.may_read_account(order.account)
    ):
        raise HTTPException(404, "Not Found")
    store().audit.record("open_order", rights.user_name, f"form of order {order_id} for {order.account} opened")
    return RedirectResponse(order.url, status_code=303)


@router.get("/orders.csv")
def orders_csv(rights: CreditsReader, account: str = "") -> Response:
    """Give the orders of an account as a table."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for order in store().orders.of_account(account) if rights.may_read_account(account) else ():
        values = [getattr(order, name) for name in _COLUMNS]
        writer.writerow([_cell(name, value) for name, value in zip(_COLUMNS, values, strict=True)])
    name = re.sub(r"[^A-Za-z0-9-]", "", account) or "account"
    headers = {"Content-Disposition": f'attachment; filename="orders-{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name.startswith("price"):
        return f"{value:.2f}"
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else safe_cell(str(value))


def _words(view: View) -> dict[str, Any]:
    say = view.say
    return {
        "basis_lines": lambda it: basis_lines(it, say),
        "credits_line": lambda it: credits_line(it, say),
        "days_line": lambda it: days_line(it, say),
        "lasts": lambda it: lasts(it, say),
        "money_line": lambda it: money_line(it, say),
        "recredit_line": lambda it: recredit_line(it, say),
        "price": lambda value, currency: price_words(value, currency, say),
        "status_words": lambda order: status_words(order, say),
        "payment_words": lambda order: payment_words(order, say),
        "age": lambda at, now: age_words(at, now, say),
    }


def _state(it: AccountView, needs: Sequence[CreditNeed], approvals: Sequence[WaitingApproval]) -> str:
    """The weight of the first line: that of its heaviest need."""
    for state in ("unknown", "blocked", "in_part"):
        if any(need.state == state for need in needs):
            return state
    if approvals or (it.credits and it.credits.days is not None and it.credits.days <= 1):
        return "in_part"
    return "final"


def _reserved(it: AccountView, readable: set[str]) -> Iterator[Share]:
    """The reservations of runs that the person may read, then those of all others together."""
    others = [each for each in it.reservations if each.dag_id not in readable]
    for each in it.reservations:
        if each.dag_id in readable:
            yield Share(each.dag_id, campaign_of_dag(each.dag_id), each.credits, each.run_id)
    if others:
        yield Share("", "", sum(each.credits for each in others), runs=len(others))


def _waiting(it: AccountView, readable: set[str]) -> Iterator[Share]:
    """The runs that wait for credits and that the person may read, then all others together."""
    others = [each for each in it.waiting if each.dag_id not in readable]
    for each in it.waiting:
        if each.dag_id in readable:
            name = campaign_of_dag(each.dag_id)
            yield Share(each.dag_id, name, each.credits, each.run_id, since=each.since, until=each.until)
    if others:
        since, until = min(each.since for each in others), max(each.until for each in others)
        yield Share("", "", sum(each.credits for each in others), runs=len(others), since=since, until=until)


def _planned(it: AccountView, readable: set[str]) -> Iterator[Share]:
    """The planned runs that the forecast counts, by campaign, the dearest first."""
    plan = it.credits.forecast.planned if it.credits else ()
    by_campaign: dict[str, list[float]] = {}
    for run in plan:
        name = run.campaign if campaign_dag_id(run.campaign) in readable else ""
        by_campaign.setdefault(name, []).append(run.credits)
    found = [
        Share(campaign_dag_id(name) if name else "", name, sum(costs), runs=len(costs))
        for name, costs in by_campaign.items()
    ]
    yield from sorted(found, key=lambda each: (not each.name, -each.credits, each.name))


def _thinned(balances: Sequence[object]) -> list[object]:
    """Some balances for a table, the first and the last one among them, the newest first."""
    if len(balances) <= _CURVE_ROWS:
        return list(balances)[::-1]
    last = len(balances) - 1
    return [balances[round(place * last / (_CURVE_ROWS - 1))] for place in range(_CURVE_ROWS)][::-1]


def _origin(url: str | None) -> str:
    """The server of an order's form; empty if it is no address of the web."""
    it = urlsplit(url or "")
    found = f"{it.scheme}://{it.netloc}"
    return found if _ORIGIN.fullmatch(found) else ""
