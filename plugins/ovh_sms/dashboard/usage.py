"""The usage of accounts by month, and of the payers of each month."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from ovh_sms.accounts.usage_computation import ComputedMonth
from ovh_sms.accounts.usage_files import csv_text
from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.accounts.usage_page import account_content, payer_content
from ovh_sms.campaign.account_usage import CREDIT_UNITS
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import UsageReader
from ovh_sms.dashboard.view import ViewDep, link
from ovh_sms.report.words import cents
from ovh_sms.report.words import month as month_name

if TYPE_CHECKING:
    from ovh_sms.dashboard.view import View
    from ovh_sms.store.usage import UsageMonthRecord

router = APIRouter()
#: Months that the page lists at most.
MOST = 120


@router.get("/usage", response_class=HTMLResponse)
def usage_page(view: ViewDep, rights: UsageReader, account: str = "", month: str = "", payer: str = "") -> HTMLResponse:
    """Show the usage of an account in a month, or of one of its payers; without a month, the list of all."""
    known = store().usage.month(account, month) if rights.may_read_account(account) else None
    if known is not None:
        return _month_page(view, known, payer)
    return view.page(
        "usage.html.j2",
        months=[each for each in store().usage.months() if rights.may_read_account(each.account)][:MOST],
        most=MOST,
        in_credits=lambda units: units / CREDIT_UNITS,
        cents=lambda amount, currency: cents(amount, currency, view.say.language),
        month_name=lambda each: month_name(_first(each), view.say.language),
    )


def _month_page(view: View, known: UsageMonthRecord, payer: str) -> HTMLResponse:
    about, lines = {"account": known.account, "month": known.month}, store().usage.lines(known.account, known.month)
    if payer:
        content = payer_content(known, payer, [each for each in lines if each.payer == payer], view.say)
    else:
        content = account_content(known, lines, lambda name: link("usage", about, payer=name), view.say)
    return view.page("usage_month.html.j2", record=known, payer=payer, heading=content.pop("title"), **content)


@router.get("/usage.csv")
def usage_csv(rights: UsageReader, account: str = "", month: str = "", payer: str = "") -> Response:
    """Give the lines of a month as a table; those of one payer if it is named."""
    known = store().usage.month(account, month) if rights.may_read_account(account) else None
    lines = store().usage.lines(account, month) if known else []
    if payer:
        lines = [each for each in lines if each.payer == payer]
    text = csv_text(ComputedMonth(record=known, lines=tuple(lines))) if known else csv_text(None)
    name = re.sub(r"[^A-Za-z0-9-]", "", f"{account}-{month}")
    headers = {"Content-Disposition": f'attachment; filename="usage-{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _first(each: UsageMonthRecord) -> date:
    return UsageMonth.read(each.month).first
