"""Airflow's own runs and DAGs of campaigns: those that have ended, those that come next, and invalid files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.campaign.dag_ids import BROKEN_PREFIX, CAMPAIGN_PREFIX, OF_ALL

if TYPE_CHECKING:
    from ovh_sms.store.run_records import RunRecord

#: A run that Airflow does not know any more has certainly ended after this time.
FORGOTTEN_AFTER = timedelta(days=7)
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class NextRun:
    """The next planned run of a campaign."""

    dag_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InvalidCampaign:
    """A campaign file that cannot be used.

    :param error: the file's error, and the runs that it misses.
    :param since: when Airflow first read it so.
    """

    name: str
    dag_id: str
    error: str
    since: datetime | None


def ended_runs(session: Any, records: Sequence[RunRecord], now: datetime) -> set[tuple[str, str]]:
    """Find the runs on which Airflow does not work any more.

    :param now: aware.
    """
    from airflow.models.dagrun import DagRun

    states: dict[tuple[str, str], str] = {}
    wanted = [(each.dag_id, each.run_id) for each in records]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = session.query(DagRun.dag_id, DagRun.run_id, DagRun.state)
        found = query.filter(DagRun.run_id.in_([run_id for _, run_id in some]))
        states.update({(dag_id, run_id): str(state) for dag_id, run_id, state in found})
    ended = {run for run in wanted if states.get(run) in {"success", "failed"}}
    old = {
        (each.dag_id, each.run_id) for each in records if each.started_at and now - each.started_at > FORGOTTEN_AFTER
    }
    return ended | (old - states.keys())


def next_runs(session: Any, dag_ids: Collection[str], now: datetime) -> list[NextRun]:
    """List the next planned run of each campaign that is not paused, the earliest first."""
    from airflow.models.dag import DagModel

    it = DagModel
    query = session.query(it.dag_id, it.next_dagrun_create_after).filter(
        it.dag_id.startswith(CAMPAIGN_PREFIX, autoescape=True),
        it.dag_id.not_in(OF_ALL),
        it.is_paused.is_(False),
        it.is_stale.is_(False),
        it.next_dagrun_create_after > now,
    )
    found = [NextRun(dag_id=dag_id, at=at) for dag_id, at in query if dag_id in dag_ids]
    return sorted(found, key=lambda each: each.at)


def invalid_campaigns(session: Any, dag_ids: Collection[str]) -> list[InvalidCampaign]:
    """List the campaign files that cannot be used, by name."""
    from airflow.models.dag import DagModel

    known = session.query(DagModel).filter(DagModel.dag_id.startswith(BROKEN_PREFIX, autoescape=True))
    broken = [each for each in known if each.dag_id in dag_ids and not each.is_stale]
    found = [
        InvalidCampaign(
            name=each.dag_id.removeprefix(BROKEN_PREFIX),
            dag_id=each.dag_id,
            error=(each.description or "").removeprefix("BROKEN: "),
            since=_first_read(session, each.dag_id),
        )
        for each in broken
    ]
    return sorted(found, key=lambda each: each.name)


def _first_read(session: Any, dag_id: str) -> datetime | None:
    """When Airflow got the newest version of a DAG."""
    from airflow.models.dag_version import DagVersion

    versions = session.query(DagVersion.created_at).filter(DagVersion.dag_id == dag_id)
    newest = versions.order_by(DagVersion.created_at.desc()).first()
    return newest[0] if newest else None
