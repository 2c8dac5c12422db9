"""The first page: runs that need a person, runs under way, the next ones, and the last 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.airflow_runs import InvalidCampaign, NextRun, invalid_campaigns, next_runs
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.run_rows import RunRow, run_rows
from ovh_sms.dashboard.view import ZONE, ViewDep
from ovh_sms.report.account_credits import account_credits
from ovh_sms.report.coming import coming_batches
from ovh_sms.report.forecast_lines import forecast_lines
from ovh_sms.report.overview import USUAL_DAYS, needing_a_person, overview, under_way
from ovh_sms.settings import KEY_ENDS_SOON

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
    spending = {
        account: store().spending.of_account(account, now) for account in {run.results.record.account for run in runs}
    }
    accounts = account_credits(runs, spending, now)
    ending = [each for each in accounts if each.key_ends_at and each.key_ends_at - now < KEY_ENDS_SOON]
    broken: Sequence[InvalidCampaign] = invalid_campaigns(session, dag_ids)
    return view.page(
        "overview.html.j2",
        needing=needing[:MOST],
        needing_count=len(needing) + len(broken) + len(ending),
        ending_keys=ending,
        broken=broken,
        moving=moving[:MOST],
        moving_count=len(moving),
        coming=[(each, by_status[id(each.run)]) for each in coming_batches(runs)][:MOST],
        planned=_planned(next_runs(session, dag_ids, now), rows)[:MOST],
        latest=rows[:LATEST] or run_rows(store(), session, view.say, dag_ids)[:LATEST],
        figures=overview(runs, now, ZoneInfo(ZONE)),
        accounts=[(each, forecast_lines(each.forecast, view.say)) for each in accounts],
    )


def _planned(found: Sequence[NextRun], rows: Sequence[RunRow]) -> list[PlannedRun]:
    last: dict[str, RunRow] = {}
    for row in rows:
        last.setdefault(row.record.dag_id, row)
    names = {each.dag_id: each.dag_id.removeprefix("sms_campaign_") for each in found}
    return [
        PlannedRun(dag_id=each.dag_id, campaign=names[each.dag_id], at=each.at, last=last.get(each.dag_id))
        for each in found
    ]
