"""The first page: runs that need a person, runs under way, the next ones, and the last 30 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.campaign.dag_ids import campaign_of_dag
from ovh_sms.dashboard.airflow_runs import InvalidCampaign, NextRun, invalid_campaigns, next_runs
from ovh_sms.dashboard.approvals import waiting_approvals
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.recent_rows import recent_rows
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
    from ovh_sms.report.run_figures import RunFigures

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
    next_ones, since = next_runs(session, dag_ids, now)[:MOST], now - timedelta(days=USUAL_DAYS)
    last_of = {each.dag_id for each in next_ones}
    runs = recent_rows(store(), session, view.say, dag_ids, since=since, latest=LATEST, last_of=last_of)
    needing = [runs.rows[each.list_tag] for each in needing_a_person(runs.figures, now)]
    shown = {row.record.list_tag for row in needing}
    statuses = [row.status for row in runs.rows.values()]
    moving = [each.results.record.list_tag for each in under_way(statuses)]
    moving_rows = [runs.rows[tag] for tag in moving if tag not in shown]
    may_read = view.rights.may_read_credits()
    known = [each for each in known_accounts(store()) if view.rights.may_read_account(each)] if may_read else []
    views = {each: account_view(store(), each, now) for each in known}
    accounts = _accounts(runs.figures, views, now)
    ending = [each for each in accounts if each.key_ends_at and each.key_ends_at - now < KEY_ENDS_SOON]
    of_credits = [need for each in views.values() for need in credit_needs(each, view.say)]
    asked = waiting_approvals(session) if may_read else []
    approvals = [each for each in asked if view.rights.may_read_account(each.account)]
    broken: Sequence[InvalidCampaign] = invalid_campaigns(session, dag_ids)
    return view.page(
        "overview.html.j2",
        needing=needing[:MOST],
        needing_count=len(needing) + len(of_credits) + len(approvals) + len(broken) + len(ending),
        credit_needs=of_credits,
        approvals=approvals,
        ending_keys=ending,
        broken=broken,
        moving=moving_rows[:MOST],
        moving_count=len(moving_rows),
        coming=[(each, runs.rows[each.run.results.record.list_tag]) for each in coming_batches(statuses)][:MOST],
        planned=[_planned(each, runs.last.get(each.dag_id)) for each in next_ones],
        latest=runs.latest or run_rows(store(), session, view.say, dag_ids, most=LATEST),
        figures=overview(runs.figures, now, ZoneInfo(ZONE)),
        accounts=[(each, [days_line(each, view.say), basis_lines(each, view.say)[0]]) for each in accounts],
    )


def _accounts(runs: Sequence[RunFigures], views: Mapping[str, AccountView], now: datetime) -> list[AccountCredits]:
    """The credits of the runs' accounts, and of the others that the person may read."""
    names, ends = {run.account for run in runs if run.account}, key_ends(runs)
    found = [
        views[each].credits if each in views else credits_of_account(store(), each, now)
        for each in sorted(names.union(views))
    ]
    return [replace(each, key_ends_at=ends.get(each.account)) for each in found if each is not None]


def _planned(it: NextRun, last: RunRow | None) -> PlannedRun:
    return PlannedRun(dag_id=it.dag_id, campaign=campaign_of_dag(it.dag_id), at=it.at, last=last)
