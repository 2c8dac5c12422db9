"""A run that ends without figures is reported once, in the words of its page, without numbers of persons."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.notifications.run_end import RunEndNotifier
from ovh_sms.operators.run_recording import problem_of
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, run_status
from ovh_sms.store.run_records import BatchRecord, Problem, RunRecord
from ovh_sms.store.store import Store
from support.notifiers import FailingNotifier, KeepingNotifier
from support.stores import new_store
from unit.report.report_sample import large
from unit.store.attempt_samples import an_attempt, claim

KEEPING, FAILING = "support.notifiers.KeepingNotifier", "support.notifiers.FailingNotifier"
DAG, RUN = "sms_campaign_spring", "scheduled__2026-11-29"
AT = datetime(2026, 11, 29, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    KeepingNotifier.kept.clear()
    FailingNotifier.failures.clear()
    store = new_store(tmp_path / "results.sqlite")
    yield store
    store.close()


def problem(what: str = "The list costs 1,240 credits, the budget is 500.", *, again: bool = False) -> Problem:
    action = "Raise `budget` in spring.yaml, then clear *preflight*."
    return Problem(
        step="preflight", error="BudgetExceeded", what=what, action=action, at=AT.isoformat(), is_tried_again=again
    )


def planned(store: Store, *, batches: int = 2) -> None:
    """A run whose list is prepared."""
    record = RunRecord(list_tag="clist", dag_id=DAG, run_id=RUN, campaign="spring", account="sms-ab12345-1")
    store.runs.start(record)
    whole = RunRecord(
        list_tag="clist",
        dag_id=DAG,
        run_id=RUN,
        campaign="spring",
        account="sms-ab12345-1",
        rows=10,
        accepted=10,
        batches=batches,
        digest="d",
        folder="/data/spring",
    )
    each_of_them = [
        BatchRecord(list_tag="clist", batch=n + 1, receivers=10 // batches, credits=5.0, tag=f"c{n + 1}")
        for n in range(batches)
    ]
    store.runs.prepared(whole, each_of_them)


def sent(store: Store, tag: str) -> None:
    """A batch that OVH took."""
    taken = {"submitted": 5, "refused": 0, "messages": 5, "credits_spent": 5.0, "sent_at": store.clock.now()}
    record, _ = large()
    store.submissions.start(dataclasses.replace(record, tag=tag, dag_id=DAG, run_id=RUN, batches=2, **taken))


def ended(store: Store, *languages: str, of_task: bool = False, map_index: int = 0, path: str = KEEPING) -> int:
    entries = [{"notifier": path, "arguments": {}, "language": each} for each in languages or ("en",)]
    notifier = RunEndNotifier("spring", entries, of_task=of_task)
    ti = SimpleNamespace(dag_id=DAG, run_id=RUN, task_id="send", map_index=map_index)
    context: Any = {"dag": None, "run_id": RUN, "ti": ti}
    return notifier.report(store, DAG, RUN, context)


def unknown_outcome(store: Store) -> None:
    planned(store)
    assert claim(store, an_attempt("c1", dag_id=DAG, run_id=RUN))
    store.attempts.ask("c1", 1, {"code": "abc", "found": 0, "ambiguous": False, "credits_missing": True, "expected": 5})


def first_line(store: Store, language: str = "en") -> str:
    (results,) = store.run_results.of_run(DAG, RUN)
    now = store.clock.now()
    return run_lines(run_status(results, now, has_ended=True), translator(language), now).first


def test_a_blocked_run_is_reported_once_with_the_first_line_of_its_page(store: Store) -> None:
    planned(store)
    store.runs.failed("clist", problem())
    assert [ended(store), ended(store)] == [1, 0]
    (kept,) = KeepingNotifier.kept
    lines = kept["text"].splitlines()
    assert lines[0] == first_line(store) == "Not sent: the list costs 1,240 credits, the budget is 500."
    assert lines[1] == problem().action
    assert kept["subject"] == "SMS campaign spring: not sent"
    assert RUN in lines[-1]


def test_each_notifier_has_its_language(store: Store) -> None:
    planned(store)
    store.runs.failed("clist", problem())
    assert ended(store, "en", "fr") == 2
    assert KeepingNotifier.kept[1]["subject"] == "Campagne SMS spring : non envoyé"
    assert KeepingNotifier.kept[1]["text"].startswith(first_line(store, "fr"))


def test_a_run_whose_first_task_recorded_nothing_is_reported_too(store: Store) -> None:
    assert ended(store) == 1
    assert KeepingNotifier.kept[0]["text"].startswith("Not sent: the run has ended before anything was submitted.")


def test_a_run_sent_in_part_is_reported_when_it_has_ended(store: Store) -> None:
    planned(store)
    sent(store, "c1")
    store.runs.failed("clist", problem(), batch=2)
    assert ended(store, of_task=True) == 0, "other batches may still be sent"
    assert ended(store) == 1
    assert KeepingNotifier.kept[0]["text"].startswith("1 of 2 batches were sent: 5 of 10 people.")


def test_an_unknown_outcome_is_reported_when_its_task_fails_and_not_again_at_the_end(store: Store) -> None:
    unknown_outcome(store)
    assert [ended(store, of_task=True), ended(store)] == [1, 0]
    (kept,) = KeepingNotifier.kept
    assert kept["subject"] == "SMS campaign spring: outcome unknown"
    assert kept["text"].startswith("It is not known whether batch 1 of 2 (5 people) was sent")


def test_of_two_batches_that_fail_at_once_one_alone_notifies(store: Store) -> None:
    unknown_outcome(store)
    beside: list[int] = []
    KeepingNotifier.meanwhile = lambda: beside.append(ended(store, of_task=True, map_index=1))
    assert ended(store, of_task=True, map_index=0) == 1
    assert beside == [0]
    assert len(KeepingNotifier.kept) == 1


def test_a_notifier_that_fails_for_the_task_is_used_at_the_end_of_the_run(store: Store) -> None:
    unknown_outcome(store)
    FailingNotifier.failures.append("no answer of the mail server")
    with pytest.raises(RuntimeError):
        ended(store, of_task=True, path=FAILING)
    assert ended(store, path=FAILING) == 1


def test_a_run_that_was_sent_is_not_reported_before_its_figures(store: Store) -> None:
    planned(store, batches=1)
    sent(store, "c1")
    (results,) = store.run_results.of_run(DAG, RUN)
    assert run_status(results, store.clock.now(), has_ended=True).state not in (RunState.BLOCKED, RunState.IN_PART)
    assert [ended(store), ended(store, of_task=True)] == [0, 0]


def test_what_stands_in_an_error_is_not_rendered_and_not_markup(store: Store) -> None:
    planned(store)
    store.runs.failed("clist", problem("{{ 7 * 7 }}<script> is no column."))
    ended(store)
    (kept,) = KeepingNotifier.kept
    assert "{{ 7 * 7 }}<script>" in kept["text"]
    assert "<script>" not in kept["html_content"]


def test_the_problem_of_a_run_holds_no_number() -> None:
    from ovh_sms.errors import ContactsError

    context: Any = {"ti": SimpleNamespace(task_id="prepare", try_number=4, max_tries=3)}
    error = ContactsError("Line 3: +33639980012 is given twice.", action="Remove 06 39 98 00 12.")
    found = problem_of(context, error)
    assert "3998" not in found.what
    assert "39 98" not in found.action
    assert found.what.startswith("Line 3: ")
