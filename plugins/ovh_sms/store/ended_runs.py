"""Runs that are over: no Clear, cancellation or reconciliation needs their lists and messages any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, or_, select

from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, LONGEST_WAIT, PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.repository import Repository

_attempts, _lists, _submissions = tables.attempts, tables.published_lists, tables.submissions
Run = tuple[str, str]


@dataclass(kw_only=True)
class RunData:
    """The folders and submissions of one run: they hold its personal data.

    :param oldest: when the first of its lists was published, or its first batch was claimed or sent.
    :param newest: the same of the last one.
    :param folders: of its published lists.
    :param submissions: campaign and tag of each of its submissions.
    :param purged: whether the messages of all its submissions are purged.
    """

    dag_id: str
    run_id: str
    oldest: datetime
    newest: datetime
    folders: list[str] = field(default_factory=list)
    submissions: list[tuple[str, str]] = field(default_factory=list)
    purged: bool = True

    @property
    def tags(self) -> list[str]:
        """Tags of its submissions."""
        return [tag for _, tag in self.submissions]


class EndedRuns(Repository):
    """Runs by whether they are over."""

    def read(self) -> tuple[list[RunData], list[RunData]]:
        """List the runs that are over, and those that are not, the oldest first.

        A run is over if none of its attempts is pending or unknown, all of its submissions are collected, and
        :data:`~ovh_sms.store.models.LONGEST_WAIT` has passed since its newest list and attempt: OVH holds none of its
        messages any more.
        """
        with self.database.reading() as connection:
            open_runs = set(_open_runs(connection, self.clock.now() - LONGEST_WAIT))
            runs = list(_runs(connection))
        ordered = sorted(runs, key=lambda run: run.newest)
        over = [run for run in ordered if (run.dag_id, run.run_id) not in open_runs]
        return over, [run for run in ordered if (run.dag_id, run.run_id) in open_runs]


def _open_runs(connection: Connection, since: datetime) -> Iterator[Run]:
    """Find the runs that are not over."""
    at, of_list, of_submission = _attempts.c, _lists.c, _submissions.c
    decided_late = or_(at.state.in_((PENDING, UNKNOWN)), at.claimed_at > since)
    collected = select(of_submission.tag).where(of_submission.collected_at.is_not(None))
    for query in (
        select(at.dag_id, at.run_id).where(at.kind == BATCH, decided_late),
        select(at.dag_id, at.run_id).where(at.kind == BATCH, at.state == SUCCEEDED, at.tag.not_in(collected)),
        select(of_list.dag_id, of_list.run_id).where(of_list.published_at > since),
        select(of_submission.dag_id, of_submission.run_id).where(
            or_(of_submission.collected_at.is_(None), of_submission.recorded_at > since, of_submission.sent_at > since)
        ),
    ):
        yield from ((dag_id, run_id) for dag_id, run_id in connection.execute(query.distinct()))


def _runs(connection: Connection) -> Iterable[RunData]:
    """Gather the lists and submissions of every run."""
    lists: dict[Run, list[tuple[datetime, str]]] = defaultdict(list)
    sent: dict[Run, list[tuple[datetime, str, str, bool]]] = defaultdict(list)
    it = _lists.c
    for dag_id, run_id, at, folder in connection.execute(select(it.dag_id, it.run_id, it.published_at, it.folder)):
        lists[dag_id, run_id].append((at, folder))
    its = _submissions.c
    query = select(its.dag_id, its.run_id, its.recorded_at, its.sent_at, its.campaign, its.tag, its.purged_at)
    for dag_id, run_id, recorded_at, sent_at, campaign, tag, purged_at in connection.execute(query):
        sent[dag_id, run_id].append((sent_at or recorded_at, campaign, tag, purged_at is not None))
    at = _attempts.c
    claimed: dict[Run, list[datetime]] = defaultdict(list)
    batches = select(at.dag_id, at.run_id, at.claimed_at).where(at.kind == BATCH)
    for dag_id, run_id, claimed_at in connection.execute(batches):
        claimed[dag_id, run_id].append(claimed_at)
    for dag_id, run_id in {*lists, *sent, *claimed}:
        own, submissions = lists[dag_id, run_id], sent[dag_id, run_id]
        moments = [each[0] for each in own] + [each[0] for each in submissions] + claimed[dag_id, run_id]
        yield RunData(
            dag_id=dag_id,
            run_id=run_id,
            oldest=min(moments),
            newest=max(moments),
            folders=[folder for _, folder in own],
            submissions=[(campaign, tag) for _, campaign, tag, _ in submissions],
            purged=all(each[3] for each in submissions),
        )
