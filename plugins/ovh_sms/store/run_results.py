"""All results of some runs, read in a few statements: for pages, notifiers and commands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.store import tables
from ovh_sms.store.campaign_approvals import CampaignApproval, campaign_approvals
from ovh_sms.store.cancelled_runs import cancelled_runs
from ovh_sms.store.held_runs import HeldRun, held_runs
from ovh_sms.store.models import BATCH, Resolution
from ovh_sms.store.newest_reading import CreditsReading, newest_reading
from ovh_sms.store.paced_batches import paced_runs
from ovh_sms.store.paced_records import PacedRun
from ovh_sms.store.pilots import Pilot, pilots_of
from ovh_sms.store.repository import Repository
from ovh_sms.store.reservation_records import AwaitedCredits
from ovh_sms.store.reservations import awaited_credits
from ovh_sms.store.run_records import LACKS_CREDITS, BatchRecord, Poll, Problem, RunRecord
from ovh_sms.store.run_tables import polls, run_batches, runs

#: Values in one statement at most: SQLite has a limit.
_AT_ONCE = 500
#: Counts of each submission that are read: the last ones say its state and its pace.
_POLLS = 5


@dataclass(frozen=True, kw_only=True)
class BatchResults:
    """One batch of a run: what was prepared, attempted, submitted and counted so far.

    :param record: the batch as it was prepared.
    :param state: state of its newest attempt; ``None`` if nothing was attempted.
    :param claimed_at: when that attempt was claimed.
    :param question: what a person is asked about its unknown outcome.
    :param submitted: messages that OVH took; ``None`` without its answer, as for the next fields.
    :param refunded: credits refunded for ``withdrawn`` messages.
    :param collected_at: when its delivery receipts were last collected.
    :param complete: whether every message was final then.
    :param counted: all messages that were there then, more than OVH's answer accounts for if something is wrong.
    :param awaited_until: when the wait for delivery receipts ends.
    :param polls: the newest counts while it is waited for, the earliest first; none once it is complete.
    """

    record: BatchRecord
    state: str | None = None
    claimed_at: datetime | None = None
    question: Mapping[str, Any] | None = None
    resolution: Resolution | None = None
    submitted: int | None = None
    refused: int | None = None
    messages: int | None = None
    credits_spent: float | None = None
    sent_at: datetime | None = None
    collected_at: datetime | None = None
    complete: bool | None = None
    delivered: int | None = None
    failed: int | None = None
    expired: int | None = None
    counted: int | None = None
    awaited_until: datetime | None = None
    withdrawn: int = 0
    refunded: float = 0.0
    opt_outs: int = 0
    polls: Sequence[Poll] = ()


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """One run of a campaign with its batches, in their order.

    :param cancelled_at: when a person cancelled it; ``None`` if nobody did.
    :param cancelled_by: that person; ``None`` if Airflow did not name them.
    :param held: why its later batches wait for a person, or did; ``None`` if they never did.
    :param paced: its pace, and when its last batch leaves; ``None`` without a pace.
    :param pilot: the batches that are sent first, and what became of them; ``None`` without a pilot.
    :param approval: the approval that its list needs, and what became of it; ``None`` if it needs none.
    :param awaited_credits: the credits that it waits for; ``None`` if it waits for none.
    :param credits_reading: of its account, if the run lacked credits; ``None`` if they were not read since.
    """

    record: RunRecord
    batches: tuple[BatchResults, ...] = ()
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    held: HeldRun | None = None
    paced: PacedRun | None = None
    pilot: Pilot | None = None
    approval: CampaignApproval | None = None
    awaited_credits: AwaitedCredits | None = None
    credits_reading: CreditsReading | None = None


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """Which runs are listed.

    :param dag_ids: of these DAGs alone; ``None``: of all.
    :param campaign: of this campaign alone.
    :param since: started at this moment or later.
    :param until: started before this moment.
    """

    dag_ids: Collection[str] | None = None
    campaign: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class RunResultsQueries(Repository):
    """Runs as they stand."""

    def of_run(self, dag_id: str, run_id: str) -> list[RunResults]:
        """Read one DAG run: one item for each contact list that it sends, mostly one."""
        with self.database.reading() as connection:
            found = _runs(connection, [runs.c.dag_id == dag_id, runs.c.run_id == run_id], limit=100, offset=0)
            return list(_complete(connection, found))

    def whole_lists(self, tags: Collection[str]) -> list[RunRecord]:
        """Read the runs whose lists some batches belong to: their counts are those of every batch planned."""
        lists = select(run_batches.c.list_tag).where(run_batches.c.tag.in_(tags))
        with self.database.reading() as connection:
            return _runs(connection, [runs.c.list_tag.in_(lists), runs.c.rows.is_not(None)], limit=1000, offset=0)

    def of_lists(self, list_tags: Sequence[str]) -> list[RunResults]:
        """Read the runs of some lists, in the order of these; a list without a run is left out."""
        with self.database.reading() as connection:
            found = [
                record
                for some in _cut(list_tags)
                for record in _runs(connection, [runs.c.list_tag.in_(some)], limit=len(some), offset=0)
            ]
            place = {tag: at for at, tag in enumerate(list_tags)}
            return list(_complete(connection, sorted(found, key=lambda each: place[each.list_tag])))

    def latest(self, wanted: RunFilter, *, limit: int, offset: int = 0) -> list[RunResults]:
        """List runs, the latest start first."""
        with self.database.reading() as connection:
            where = _where(wanted)
            if wanted.dag_ids is not None:
                # Airflow may know thousands of DAGs, more than a statement takes: only those with runs matter.
                known = set(connection.execute(select(runs.c.dag_id).distinct()).scalars())
                where.append(runs.c.dag_id.in_(known.intersection(wanted.dag_ids)))
            return list(_complete(connection, _runs(connection, where, limit=limit, offset=offset)))


def _where(wanted: RunFilter) -> list[ColumnElement[bool]]:
    it = runs.c
    where: list[ColumnElement[bool]] = []
    if wanted.campaign is not None:
        where.append(it.campaign == wanted.campaign)
    if wanted.since is not None:
        where.append(it.started_at >= wanted.since)
    if wanted.until is not None:
        where.append(it.started_at < wanted.until)
    return where


def _runs(connection: Connection, where: Sequence[ColumnElement[bool]], *, limit: int, offset: int) -> list[RunRecord]:
    columns = [runs.c[each.name] for each in fields(RunRecord)]
    query = select(*columns, _opted_out).where(*where).order_by(runs.c.started_at.desc(), runs.c.list_tag)
    rows = connection.execute(query.limit(limit).offset(offset)).mappings()
    return [_record(dict(row)) for row in rows]


#: People of a run who were left out of their batches.
_opted_out = (
    select(func.coalesce(func.sum(run_batches.c.opted_out), 0))
    .where(run_batches.c.list_tag == runs.c.list_tag)
    .scalar_subquery()
    .label("opted_out")
)


def _record(row: dict[str, Any]) -> RunRecord:
    """A run as it was prepared, less those who opted out since."""
    people = row.pop("opted_out")
    if people and row["accepted"] is not None:
        row["accepted"] -= people
        row["rejected"] = {**row["rejected"], RejectReason.OPTED_OUT_SINCE.value: people}
    return RunRecord(**{**row, "problem": Problem.from_json(row["problem"])})


def _complete(connection: Connection, records: Sequence[RunRecord]) -> Iterator[RunResults]:
    """Add to each run its batches and their results."""
    batches = _batches(connection, [each.list_tag for each in records])
    tags = [each.tag for several in batches.values() for each in several if each.tag]
    known = _known(connection, tags)
    found = [(each.dag_id, each.run_id) for each in records]
    cancelled, held = cancelled_runs(connection, found), held_runs(connection, found)
    approvals = campaign_approvals(connection, found)
    lists = [(each.dag_id, each.run_id, each.digest) for each in records if each.digest]
    paced, pilots = paced_runs(connection, lists), pilots_of(connection, lists)
    awaited: dict[str, AwaitedCredits] = {}
    for some in _cut([each.list_tag for each in records]):
        awaited |= awaited_credits(connection, some)
    for record in records:
        by_whom = cancelled.get((record.dag_id, record.run_id))
        since = _lacked_credits_at(record, batches.get(record.list_tag, ()))
        yield RunResults(
            record=record,
            batches=tuple(
                BatchResults(record=each, **known.get(each.tag or "", {})) for each in batches.get(record.list_tag, ())
            ),
            cancelled_at=by_whom and by_whom.at,
            cancelled_by=by_whom and by_whom.by,
            held=held.get((record.dag_id, record.run_id)),
            paced=paced.get((record.dag_id, record.run_id, record.digest or "")),
            pilot=pilots.get((record.dag_id, record.run_id, record.digest or "")),
            approval=approvals.get((record.dag_id, record.run_id, record.list_tag)),
            awaited_credits=awaited.get(record.list_tag),
            credits_reading=newest_reading(connection, record.account, since) if since else None,
        )


def _lacked_credits_at(record: RunRecord, batches: Sequence[BatchRecord]) -> datetime | None:
    """When OVH last refused a request of a run for its credits; ``None`` if it did not."""
    problems = [record.problem, *(each.problem for each in batches)]
    lacking = [each for each in problems if each is not None and each.error in LACKS_CREDITS]
    return max((datetime.fromisoformat(each.at) for each in lacking), default=None)


def _batches(connection: Connection, list_tags: Sequence[str]) -> dict[str, list[BatchRecord]]:
    found: dict[str, list[BatchRecord]] = {}
    for some in _cut(list_tags):
        query = select(run_batches).where(run_batches.c.list_tag.in_(some)).order_by(run_batches.c.batch)
        for row in connection.execute(query).mappings():
            left = row["receivers"] - row["opted_out"]
            batch = BatchRecord(**{**row, "receivers": left, "problem": Problem.from_json(row["problem"])})
            found.setdefault(batch.list_tag, []).append(batch)
    return found


def _known(connection: Connection, tags: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Gather the fields of :class:`BatchResults` by tag."""
    found: dict[str, dict[str, Any]] = {tag: {} for tag in tags}
    for some in _cut(tags):
        for row in _attempts(connection, some):
            asked = row.pop("resolution")
            found[row.pop("tag")].update(row, resolution=Resolution.of(asked) if asked else None)
        for row in _submissions(connection, some):
            found[row.pop("tag")].update(row)
        for table, fill in ((tables.withdrawals, _withdrawn), (tables.opt_outs, _opt_outs)):
            query = select(table.c.tag, *fill).where(table.c.tag.in_(some)).group_by(table.c.tag)
            for counted in connection.execute(query).mappings():
                found[counted["tag"]].update({name: counted[name] for name in counted if name != "tag"})
        waited_for = [tag for tag in some if not found[tag].get("complete")]
        for poll in _newest_polls(connection, waited_for):
            found[poll.tag].setdefault("polls", []).append(poll)
    return found


def _newest_polls(connection: Connection, tags: Sequence[str]) -> Iterator[Poll]:
    """Read the newest counts of each submission, the earliest of them first: a long wait has thousands."""
    place = func.row_number().over(partition_by=polls.c.tag, order_by=polls.c.at.desc()).label("place")
    placed = select(polls, place).where(polls.c.tag.in_(tags)).subquery()
    query = select(*(placed.c[each.name] for each in polls.c)).where(placed.c.place <= _POLLS).order_by(placed.c.at)
    for counts in connection.execute(query).mappings():
        yield Poll(**counts)


_withdrawn = (
    func.coalesce(func.sum(tables.withdrawals.c.messages), 0).label("withdrawn"),
    func.coalesce(func.sum(tables.withdrawals.c.credits), 0.0).label("refunded"),
)
_opt_outs = (func.count().label("opt_outs"),)


def _attempts(connection: Connection, tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The newest attempt at each batch comes last."""
    it = tables.attempts.c
    query = select(it.tag, it.state, it.claimed_at, it.question, it.resolution).where(it.kind == BATCH)
    for row in connection.execute(query.where(it.tag.in_(tags)).order_by(it.tag, it.attempt)).mappings():
        yield dict(row)


def _submissions(connection: Connection, tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    it = tables.submissions.c
    query = select(
        *(it.tag, it.submitted, it.refused, it.messages, it.credits_spent, it.sent_at),
        *(it.collected_at, it.complete, it.delivered, it.failed, it.expired, it.counted, it.awaited_until),
    )
    for row in connection.execute(query.where(it.tag.in_(tags))).mappings():
        yield dict(row)


def _cut(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
