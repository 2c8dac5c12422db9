"""A run that has not left by its deadline is reported once, with what has left, and no other run is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.dag_factories.departure_deadline import IN_TRIGGERER
from ovh_sms.errors import CampaignFileError
from ovh_sms.notifications.late_run import notify_late, report_late_run
from ovh_sms.store.run_records import Poll
from ovh_sms.store.store import Store
from support.campaign_text import GOOD, load
from support.notifiers import FailingNotifier, KeepingNotifier
from support.stores import new_store
from unit.notifications.test_run_end import DAG, FAILING, KEEPING, RUN, ended, planned, problem, sent, unknown_outcome


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    KeepingNotifier.kept.clear()
    FailingNotifier.failures.clear()
    store = new_store(tmp_path / "results.sqlite")
    yield store
    store.close()


def campaign(*languages: str, path: str = KEEPING, **fields: Any) -> Campaign:
    notify = [{"notifier": path, "language": each} for each in languages or ("en",)]
    given = {"name": "spring", "kind": "marketing", "sender": "MYSHOP", "message": "Bonjour", "budget": 5}
    return Campaign.model_validate({**given, "contacts": {"file": "a.csv"}, "notify": notify, **fields})


def context(state: str = "running", run_type: str = "manual") -> dict[str, Any]:
    """A context as Airflow hands it over: the run is a dictionary."""
    run = {"dag_id": DAG, "dag_run_id": RUN, "state": state, "run_type": run_type, "logical_date": None}
    return {"dag_run": run, "deadline": {"id": "0", "deadline_time": "2026-11-30T11:00:00+00:00"}}


def counted(store: Store, tag: str, left: int) -> None:
    at = store.clock.now()
    store.polls.add(Poll(tag=tag, at=at, expected=5, listed=left, final=0, delivered=0))


def test_a_run_that_waits_is_reported_once_with_what_has_left_and_what_to_do(store: Store) -> None:
    planned(store)
    sent(store, "c1")
    counted(store, "c1", 5)
    assert [notify_late(campaign(), store, context()) for _ in range(2)] == [1, 0]
    (kept,) = KeepingNotifier.kept
    assert kept["subject"] == "SMS campaign spring: not left in time"
    assert kept["text"].splitlines() == [
        "Batch 2 of 2 is about to be uploaded. 1 of 2 batches were sent.",
        "It goes on by itself. If it should not leave so late, mark the run failed in Airflow.",
        "",
        "SMS campaign spring: not left in time",
        "Left: 5 of 10 people. Not submitted yet: 5.",
        "All of it should have left by Mon 30 Nov 12:00.",
        f"Run {RUN}",
    ]


def test_each_notifier_has_its_language(store: Store) -> None:
    planned(store)
    assert notify_late(campaign("en", "fr"), store, context()) == 2
    french = KeepingNotifier.kept[1]
    assert french["subject"] == "Campagne SMS spring : pas partie à temps"
    assert "Partis : 0 sur 10 personnes. Pas encore soumis : 10." in french["text"]
    assert "Tout devait être parti au plus tard lun. 30 nov. 12:00." in french["text"]


def test_a_run_that_has_left_notifies_nobody(store: Store) -> None:
    planned(store)
    for tag in ("c1", "c2"):
        sent(store, tag)
        counted(store, tag, 5)
    assert notify_late(campaign(), store, context("success")) == 0
    assert KeepingNotifier.kept == []


def test_a_run_that_a_person_has_cancelled_notifies_nobody(store: Store) -> None:
    planned(store)
    store.cancelled_runs.add(DAG, RUN, by="eddy")
    assert notify_late(campaign(), store, context("failed")) == 0


def test_a_run_that_has_not_started_is_reported_with_its_true_reason(store: Store) -> None:
    assert notify_late(campaign(), store, context("queued")) == 1
    first, action, *_ = KeepingNotifier.kept[0]["text"].splitlines()
    assert first == "Not sent: no task of the run has started."
    assert action.startswith("Check the run in Airflow: it waits for an earlier run of the campaign")


def test_a_run_that_failed_before_is_reported_again_with_its_error(store: Store) -> None:
    planned(store)
    store.runs.failed("clist", problem())
    assert ended(store) == 1
    assert notify_late(campaign(), store, context("failed")) == 1
    lines = KeepingNotifier.kept[1]["text"].splitlines()
    assert lines[:2] == ["Not sent: the list costs 1,240 credits, the budget is 500.", problem().action]
    assert "Left: 0 of 10 people. Not submitted: 10." in lines


def test_an_unknown_outcome_is_late_and_has_its_commands(store: Store) -> None:
    unknown_outcome(store)
    assert notify_late(campaign(), store, context("failed")) == 1
    assert "ovh-sms resolve c1 abc sent" in KeepingNotifier.kept[0]["text"]
    assert "Not known: 5." in KeepingNotifier.kept[0]["text"]


def test_of_two_calls_at_once_one_alone_notifies(store: Store) -> None:
    planned(store)
    beside: list[int] = []
    KeepingNotifier.meanwhile = lambda: beside.append(notify_late(campaign(), store, context()))
    assert notify_late(campaign(), store, context()) == 1
    assert (beside, len(KeepingNotifier.kept)) == ([0], 1)


def test_a_notifier_that_fails_is_used_by_the_next_call(store: Store) -> None:
    planned(store)
    FailingNotifier.failures.append("no answer of the mail server")
    with pytest.raises(RuntimeError):
        notify_late(campaign(path=FAILING), store, context())
    assert notify_late(campaign(path=FAILING), store, context()) == 1


def test_the_text_has_no_number_and_no_markup_of_an_error(store: Store) -> None:
    planned(store)
    store.runs.failed("clist", problem("{{ 7 * 7 }}<script> is no column."))
    notify_late(campaign(), store, context("failed"))
    (kept,) = KeepingNotifier.kept
    assert "{{ 7 * 7 }}<script>" in kept["text"]
    assert "<script>" not in kept["html_content"]


def test_a_run_started_by_hand_does_not_count_from_its_logical_date(tmp_path: Path) -> None:
    # It would need the file, which does not exist.
    report_late_run(context(), campaign="spring", campaigns=str(tmp_path), of_planned_time=True)


def test_the_callback_fails_if_no_good_version_of_the_file_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    with pytest.raises(CampaignFileError, match="Nobody was notified that a run is late"):
        report_late_run(context(), campaign="spring", campaigns=str(tmp_path), of_planned_time=False)


def test_the_triggerer_reports_it_for_executors_that_run_no_callbacks(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.triggers.callback import CallbackTrigger

    results = {"conn_type": "sqlite", "host": str(tmp_path / "results.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", json.dumps(results))
    load(tmp_path, f"{GOOD}leave_within_hours: 2\nnotify: [{{notifier: {KEEPING}}}]\n")
    given = {"campaign": "spring", "campaigns": str(tmp_path), "of_planned_time": False, "context": context()}

    async def states() -> list[str]:
        return [each.payload["state"] async for each in CallbackTrigger(IN_TRIGGERER, given).run()]

    assert asyncio.run(states()) == ["running", "success"]
    (kept,) = KeepingNotifier.kept
    assert kept["text"].startswith("Not sent: no task of the run has started.")


def test_airflows_database_gets_no_error_of_a_notifier_that_fails_in_the_triggerer(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.triggers.callback import CallbackTrigger

    results = {"conn_type": "sqlite", "host": str(tmp_path / "results.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", json.dumps(results))
    load(tmp_path, f"{GOOD}leave_within_hours: 2\nnotify: [{{notifier: {FAILING}}}]\n")
    given = {"campaign": "spring", "campaigns": str(tmp_path), "of_planned_time": False, "context": context()}
    FailingNotifier.failures.append("no answer of https://hooks.example.com/services/KEY about 0639980001")

    async def payloads() -> list[dict[str, str]]:
        return [each.payload async for each in CallbackTrigger(IN_TRIGGERER, given).run()]

    kept = asyncio.run(payloads())[-1]  # Airflow writes it into its database
    assert kept["state"] == "failed"
    assert "Not every notifier has reported the late run: RuntimeError." in kept["body"]
    assert not [each for each in ("KEY", "0639980001") if each in kept["body"]]
    assert "services/KEY" in caplog.text
