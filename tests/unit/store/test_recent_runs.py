"""Runs in few columns: the figures of those that are final are the figures of the whole run, in every state."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert

from ovh_sms.report.run_figures import RunFigures
from ovh_sms.report.run_state import RunState, run_status
from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, PROVISIONAL_FOR
from ovh_sms.store.run_records import RunRecord
from ovh_sms.store.run_results import BatchResults, RunFilter
from ovh_sms.store.run_tables import polls, run_batches, runs
from ovh_sms.store.store import Store
from support.journal_rows import journal_row
from unit.report.run_cases import CASES, DAY, RUN, batch, collected, problem, sent

NOW = DAY + timedelta(hours=80)
Case = tuple[dict[str, Any], tuple[BatchResults, ...]]


def unanswered(*, before_the_end: timedelta) -> BatchResults:
    """A batch with one phone that had not answered when it was collected."""
    at = DAY + PROVISIONAL_FOR - before_the_end
    return sent(1, collected_at=at, complete=False, delivered=490, failed=9, expired=0)


FULL = collected(2, delivered=490, failed=10, expired=0)
AGAIN = replace(FULL, record=replace(FULL.record, problem=problem("Unavailable", again=True)))
#: Runs near the edge of what is final.
EDGES: dict[str, Case] = {
    "collected at the very end": ({}, (unanswered(before_the_end=timedelta(0)), FULL)),
    "collected a moment before the end": ({}, (unanswered(before_the_end=timedelta(seconds=1)), FULL)),
    "one message beyond the answer": ({}, (replace(FULL, counted=501),)),
    "as many messages as OVH named in all": ({}, (replace(FULL, messages=501, counted=501),)),
    "a step that is tried again": ({}, (AGAIN,)),
    "a problem of the run whose batches were sent": ({"problem": problem("Unavailable")}, (FULL,)),
    "withdrawn messages and STOPs": ({}, (replace(FULL, withdrawn=3, refunded=4.5, opt_outs=2), collected(1))),
    "credits that nobody knows": ({}, (replace(FULL, credits_spent=None), collected(1, delivered=500))),
    "no answer, and counted": ({}, (replace(FULL, submitted=None, refused=None),)),
    "no moment of its submission": ({}, (replace(FULL, sent_at=None),)),
    "a batch that was not started": ({}, (FULL, batch(3))),
    "no batch": ({}, ()),
}
EVERY = {f"{what}, {state.value}": (run, batches) for what, run, batches, state, _ in CASES} | EDGES


def keep(store: Store, number: int, case: Case, started_at: datetime) -> None:
    """Write a run as the tasks leave it."""
    run, batches = case
    own = {name: value for name, value in run.items() if name in RunRecord.__dataclass_fields__}
    record = replace(RUN, **own, list_tag=f"list{number}", run_id=f"run{number}", started_at=started_at)
    with store.database.writing() as connection:
        _insert(connection, runs, asdict(record))
        if at := run.get("cancelled_at"):
            _insert(connection, tables.cancelled_runs, asdict(record) | {"at": at, "by": run.get("cancelled_by")})
        for each in batches:
            _keep_batch(connection, record, each, f"b{number}.{each.record.batch}")


def _keep_batch(connection: Connection, run: RunRecord, it: BatchResults, tag: str) -> None:
    known = asdict(it) | {"tag": tag}
    _insert(connection, run_batches, asdict(it.record) | {"tag": tag, "list_tag": run.list_tag})
    if it.state:
        row = journal_row(tag, 1, it.state, it.claimed_at or DAY)
        _insert(connection, tables.attempts, row | {"kind": BATCH, "question": it.question})
    if it.state or it.collected_at:
        more = {"message_digest": "", "list_digest": "", "recorded_at": DAY}
        _insert(connection, tables.submissions, asdict(run) | {"batches": 1} | more | known)
    for poll in it.polls:
        _insert(connection, polls, asdict(poll) | {"tag": tag})
    for place in range(it.withdrawn):
        row = {"account": run.account, "message_id": hash((tag, place)), "messages": 1, "created_at": DAY, "at": DAY}
        _insert(connection, tables.withdrawals, row | {"tag": tag, "credits": it.refunded / it.withdrawn})
    for place in range(it.opt_outs):
        _insert(connection, tables.opt_outs, {"tag": tag, "receiver": f"+336399800{place:02d}"})


def _insert(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    connection.execute(insert(table).values({name: values[name] for name in values if name in table.c}))


@pytest.fixture
def kept(store: Store) -> Store:
    """Every run; two of three began at the moment of another one."""
    for number, case in enumerate(EVERY.values()):
        keep(store, number, case, DAY + timedelta(minutes=number // 3))
    return store


def test_the_figures_of_a_final_run_are_those_of_the_whole_run(kept: Store) -> None:
    recent = kept.recent_runs.list([RUN.dag_id], DAY)
    whole = {each.record.list_tag: run_status(each, NOW) for each in kept.run_results.latest(RunFilter(), limit=500)}
    assert [each.list_tag for each in recent] == list(whole), "the same runs in the same order"
    for run in recent:
        status, figures = whole[run.list_tag], RunFigures.of_final(run)
        if figures:
            assert figures == RunFigures.of(status)
            assert not status.is_under_way
        elif status.state is RunState.FINAL:
            said = list(EVERY)[int(run.list_tag.removeprefix("list"))]
            assert said == "no answer, and counted", "the whole run is read for nothing"


def test_runs_that_may_change_or_need_a_person_have_no_final_figures(kept: Store) -> None:
    found = {run.list_tag: RunFigures.of_final(run) for run in kept.recent_runs.list([RUN.dag_id], DAY)}
    final = {said for number, said in enumerate(EVERY) if found[f"list{number}"]}
    assert final == {
        "final, final",
        "a phone that has never answered, final",
        "collected at the very end",
        "as many messages as OVH named in all",
        "a step that is tried again",
        "a problem of the run whose batches were sent",
        "withdrawn messages and STOPs",
        "credits that nobody knows",
        "no moment of its submission",
    }


def test_the_runs_of_other_dags_and_of_earlier_days_are_left_out(kept: Store) -> None:
    assert kept.recent_runs.list(["another_dag"], DAY) == []
    later = kept.recent_runs.list([RUN.dag_id], DAY + timedelta(minutes=2))
    assert {each.list_tag for each in later} == {f"list{number}" for number in range(6, len(EVERY))}


def test_lists_are_read_as_wholes_in_the_order_asked_for(kept: Store) -> None:
    tags = ["list9", "list2", "no such list", "list30"]
    found = kept.run_results.of_lists(tags)
    assert [each.record.list_tag for each in found] == ["list9", "list2", "list30"]
    latest = {each.record.list_tag: each for each in kept.run_results.latest(RunFilter(), limit=500)}
    assert found == [latest[each.record.list_tag] for each in found]
