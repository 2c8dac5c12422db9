"""Every submission is reported by one run, also if Airflow hands over only some of the events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.utils.types import DagRunType

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.pending_reports import PendingReportsOperator
from ovh_sms.sending.collect import submission_record
from ovh_sms.sending.submission import Submission
from ovh_sms.store.models import BATCH, Attempt
from support.stores import new_store


class Events(list[Any]):
    """The asset's events, as a task reads them."""

    def after(self, moment: str) -> list[Any]:
        return [event for event in self if event.timestamp >= datetime.fromisoformat(moment)]


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("OVH_SMS_DATA", str(folder))
    new_store(folder / "results.sqlite").close()


def submission(tag: str) -> Submission:
    return Submission(
        tag=tag,
        campaign="spring",
        dag_id="sms_spring",
        run_id="monday",
        connection="ovh_sms_default",
        account="sms-xx12345-1",
        sender="MYSHOP",
        marketing=True,
        message_digest="m",
        list_digest=f"list of {tag}",
        batches=2,
        rows=12,
        accepted=10,
        submitted=9,
        refused=1,
        messages=9,
        credits_spent=9.0,
        submitted_at="2026-11-28T10:00:00+00:00",
    )


def claim(sent: Submission) -> None:
    attempt = Attempt(
        tag=sent.tag,
        attempt=1,
        kind=BATCH,
        holder="worker",
        campaign=sent.campaign,
        dag_id=sent.dag_id,
        run_id=sent.run_id,
        account=sent.account,
        list_digest=sent.list_digest,
        message_digest=sent.message_digest,
    )
    ResultsHook().store.attempts.claim(attempt, in_flight_window=timedelta(0))


def event(tag: str, *, days: float = 0, **forged: Any) -> Any:
    """The event of a batch that the journal knows."""
    sent = submission(tag)
    journal = ResultsHook().store.attempts
    if journal.live(tag) is None:
        claim(sent)
        journal.succeed(tag, 1, answer=sent.to_xcom(), message_ids=[1])
    return by_hand({**sent.to_xcom(), **forged}, days=days)


def by_hand(extra: Any, *, days: float = 0) -> Any:
    """An event as anybody can make who may create asset events."""
    return SimpleNamespace(extra=extra, timestamp=datetime.now(UTC) - timedelta(days=days))


def taken(events: list[Any], run_id: str, kind: DagRunType = DagRunType.ASSET_TRIGGERED) -> list[dict[str, Any]]:
    ti = SimpleNamespace(dag_id="sms_campaign_report", run_id=run_id)
    given = {"ti": ti, "dag_run": SimpleNamespace(run_type=kind), "inlet_events": {CAMPAIGN_SENT: Events(events)}}
    return PendingReportsOperator(task_id="sent_campaigns").execute(given)


def claimed(events: list[Any], run_id: str) -> list[str]:
    return [each["tag"] for each in taken(events, run_id)]


def test_a_run_takes_every_submission_that_nobody_reports_on() -> None:
    assert claimed([event("a"), event("b")], "run_1") == ["a", "b"]
    assert claimed([event("a"), event("b"), event("c")], "run_2") == ["c"]


def test_a_cleared_run_gets_its_own_again() -> None:
    assert claimed([event("a")], "run_1") == ["a"]
    assert claimed([event("a"), event("b")], "run_1") == ["a", "b"]


def test_old_events_are_left_alone() -> None:
    assert claimed([event("old", days=8), event("new", days=6)], "run_1") == ["new"]


def test_it_reads_the_assets_events() -> None:
    assert PendingReportsOperator(task_id="sent_campaigns").inlets == [CAMPAIGN_SENT]


def test_a_claimed_batch_counts_in_its_run_before_it_is_collected() -> None:
    assert claimed([event("a"), event("b")], "run_1") == ["a", "b"]
    records = ResultsHook().store.submissions.of_run("sms_spring", "monday")
    assert [(each.tag, each.rows, each.submitted, each.collected_at) for each in records] == [
        ("a", 12, 9, None),
        ("b", 12, 9, None),
    ]


def test_a_batch_of_another_report_run_is_not_recorded() -> None:
    ResultsHook().store.report_runs.claim("a", "sms_campaign_report run_1")
    assert claimed([event("a")], "run_2") == []
    assert ResultsHook().store.submissions.of_run("sms_spring", "monday") == []


@pytest.mark.parametrize(
    "extra",
    [
        None,
        {},
        {"tag": None},
        {"tag": ["b"]},
        {"tag": "../.."},
        {"tag": "c0"},
        {**submission("c0").to_xcom(), "list_path": "/etc/passwd", "folder": "/etc"},
    ],
)
def test_an_event_that_the_journal_does_not_know_is_skipped_and_keeps_no_other_from_being_taken(
    extra: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert claimed([by_hand(extra), event("b")], "run_1") == ["b"]
    assert [each.tag for each in ResultsHook().store.submissions.latest()] == ["b"]
    assert claimed([event("c0")], "run_2") == ["c0"]  # the forged event has not taken it


def test_a_forged_event_of_a_known_tag_changes_nothing() -> None:
    forged = event("a", list_path="/etc/passwd", folder="/etc", campaign="../..", connection="stranger", submitted=1)
    assert taken([forged], "run_1") == [submission("a").to_xcom()]
    assert ResultsHook().store.submissions.latest()[0].campaign == "spring"


def test_a_batch_whose_outcome_is_not_known_yet_is_skipped() -> None:
    sent = submission("p")
    claim(sent)
    assert claimed([by_hand(sent.to_xcom())], "run_1") == []


def collected_with_open_messages(tag: str) -> None:
    """A submission of yesterday, collected 13 hours ago with messages that were not final."""
    store, now = ResultsHook().store, datetime.now(UTC)
    sent = replace(submission(tag), submitted_at=(now - timedelta(hours=24)).isoformat())
    claim(sent)
    store.attempts.succeed(tag, 1, answer=sent.to_xcom(), message_ids=[1])
    store.submissions.start(replace(submission_record(sent), collected_at=now - timedelta(hours=13), complete=False))


def test_provisional_figures_are_followed_by_the_daily_run_and_by_no_run_of_another_campaign() -> None:
    collected_with_open_messages("late")
    assert claimed([event("a")], "asset_run") == ["a"]
    assert [each["tag"] for each in taken([], "daily", DagRunType.SCHEDULED)] == ["late"]
    assert [each["tag"] for each in taken([], "by_hand", DagRunType.MANUAL)] == ["late"]
