"""The first page: runs that need a person, runs under way, the next ones, and the last 30 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.airflow_runs import InvalidCampaign, NextRun, invalid_campaigns, next_runs
from ovh_sms.dashboard.approvals import waiting_approvals
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.run_rows import RunRow, run_rows
from ovh_sms.dashboard.view import ZONE, ViewDep
from ovh_sms.report.account_credits import AccountCredits, credits_of_account, key_ends
from ovh_sms.report.account_lines import basis_lines, days_line
from ovh_sms.report.account_view import AccountView, account_view, known_accounts
from ovh_sms.report.coming import coming_batches
from ovh_sms.report.credit_needs import credit_needs
from ovh_sms.report.overview import USUAL_DAYS, needing_a_person, overview, under_way
from ovh_sms.settings import KEY_ENDS_SOON

if TYPE_CHECKING:
    from ovh_sms.report.run_state import RunStatus

router = APIRouter()
#: Lines of each list at most; the rest is behind a link.
MOST = 20
LATEST = 10


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """The next run of a campaign, and its last one for comparison."""

    dag_id: str
    campaign: str
    at: datetime
    last: RunRow | None


@router.get("/", response_class=HTMLResponse)
def first_page(view: ViewDep) -> HTMLResponse:
    """Show the state of all campaigns that the person may read."""
    now, dag_ids, session = store().clock.now(), view.rights.readable_dags(), view.rights.session
    rows = run_rows(store(), session, view.say, dag_ids, since=now - timedelta(days=USUAL_DAYS))
    by_status = {id(row.status): row for row in rows}
    runs = [row.status for row in rows]
    needing = [by_status[id(each)] for each in needing_a_person(runs, now)]
    shown = {id(row) for row in needing}
    moving = [row for row in (by_status[id(each)] for each in under_way(runs)) if id(row) not in shown]
    may_read = view.rights.may_read_credits()
    views = {each: account_view(store(), each, now) for each in known_accounts(store())} if may_read else {}
    accounts = _accounts(runs, views, now)
    ending = [each for each in accounts if each.key_ends_at and each.key_ends_at - now < KEY_ENDS_SOON]
    of_credits = [need for each in views.values() for need in credit_needs(each, view.say)]
    approvals = waiting_approvals(session) if may_read else []
    broken: Sequence[InvalidCampaign] = invalid_campaigns(session, dag_ids)
    return view.page(
        "overview.html.j2",
        needing=needing[:MOST],
        needing_count=len(needing) + len(of_credits) + len(approvals) + len(broken) + len(ending),
        credit_needs=of_credits,
        approvals=approvals,
        ending_keys=ending,
        broken=broken,
        moving=moving[:MOST],
        moving_count=len(moving),
        coming=[(each, by_status[id(each.run)]) for each in coming_batches(runs)][:MOST],
        planned=_planned(next_runs(session, dag_ids, now), rows)[:MOST],
        latest=rows[:LATEST] or run_rows(store(), session, view.say, dag_ids)[:LATEST],
        figures=overview(runs, now, ZoneInfo(ZONE)),
        accounts=[(each, [days_line(each, view.say), basis_lines(each, view.say)[0]]) for each in accounts],
    )


def _accounts(runs: Sequence[RunStatus], views: Mapping[str, AccountView], now: datetime) -> list[AccountCredits]:
    """The credits of the runs' accounts, and of the others that the person may read."""
    names, ends = {run.results.record.account for run in runs if run.results.record.account}, key_ends(runs)
    found = [
        views[each].credits if each in views else credits_of_account(store(), each, now)
        for each in sorted(names.union(views))
    ]
    return [replace(each, key_ends_at=ends.get(each.account)) for each in found if each is not None]


def _planned(found: Sequence[NextRun], rows: Sequence[RunRow]) -> list[PlannedRun]:
    last: dict[str, RunRow] = {}
    for row in rows:
        last.setdefault(row.record.dag_id, row)
    names = {each.dag_id: each.dag_id.removeprefix("sms_campaign_") for each in found}
    return [
        PlannedRun(dag_id=each.dag_id, campaign=names[each.dag_id], at=each.at, last=last.get(each.dag_id))
        for each in found
    ]
