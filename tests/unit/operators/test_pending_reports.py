"""Every submission is reported by one run, also if Airflow hands over only some of the events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.pending_reports import PendingReportsOperator
from ovh_sms.sending.submission import Submission
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


def event(tag: str, *, days: float = 0) -> Any:
    moment = datetime.now(UTC) - timedelta(days=days)
    return SimpleNamespace(extra={"tag": tag, "campaign": "spring"}, timestamp=moment)


def claimed(events: list[Any], run_id: str) -> list[str]:
    ti = SimpleNamespace(dag_id="sms_campaign_report", run_id=run_id)
    given = {"ti": ti, "inlet_events": {CAMPAIGN_SENT: Events(events)}}
    return [each["tag"] for each in PendingReportsOperator(task_id="sent_campaigns").execute(given)]


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


def submitted(tag: str) -> Any:
    submission = Submission(
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
    return SimpleNamespace(extra=submission.to_xcom(), timestamp=datetime.now(UTC))


def test_a_claimed_batch_counts_in_its_run_before_it_is_collected() -> None:
    assert claimed([submitted("a"), submitted("b")], "run_1") == ["a", "b"]
    records = ResultsHook().store.submissions.of_run("sms_spring", "monday")
    assert [(each.tag, each.rows, each.submitted, each.collected_at) for each in records] == [
        ("a", 12, 9, None),
        ("b", 12, 9, None),
    ]


def test_a_batch_of_another_report_run_is_not_recorded() -> None:
    ResultsHook().store.report_runs.claim("a", "sms_campaign_report run_1")
    assert claimed([submitted("a")], "run_2") == []
    assert ResultsHook().store.submissions.of_run("sms_spring", "monday") == []


def test_an_event_made_by_hand_keeps_no_other_from_being_recorded() -> None:
    assert claimed([event("a"), submitted("b")], "run_1") == ["a", "b"]
    assert [each.tag for each in ResultsHook().store.submissions.latest()] == ["b"]
