"""From a submission to the results: every message with its delivery status, and the opt-outs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from ovh_sms.errors import MissingRight
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess
from support.stores import figures_of

NUMBERS = [f"+3363998{n:04d}" for n in range(150)]
MANY = [f"+3363998{n:04d}" for n in range(500)]
DAYS = 3 * 86_400


@pytest.fixture
def submission(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    task = SendJobOperator(
        task_id="send",
        message="Bonjour à tous",
        numbers=NUMBERS,
        sender="MYSHOP",
        stop_clause=False,
        campaign="spring",
        report={"stop_window_minutes": 0, "poll_interval_seconds": 1},
    )
    return task.execute(context(run_id=request.node.name))


def sensor(submission: dict[str, Any], **changes: Any) -> CollectOutgoingSensor:
    return CollectOutgoingSensor(task_id="collect", submission=submission, **changes)


def final(submission: dict[str, Any]) -> dict[str, Any]:
    return sensor(submission).execute_complete(context(), {"status": "final", "message": "all final"})


def truth(sandbox: SandboxProcess) -> dict[str, Any]:
    return sandbox.truth(account=sandbox.account_name)


def test_the_wait_holds_no_worker(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(submission).execute(context())
    trigger = deferred.value.trigger
    assert isinstance(trigger, DeliveryReceiptsTrigger)
    path, given = trigger.serialize()
    assert path == "ovh_sms.triggers.delivery_receipts.DeliveryReceiptsTrigger"
    assert given["expected"] == 150
    again = DeliveryReceiptsTrigger(**given)
    assert again.serialize() == (path, given)
    assert "secret" not in str(given)


def test_counts_agree_with_the_truth_and_one_export_serves(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    sandbox.reset_calls()
    result = final(submission)
    assert result["messages"] == 150
    assert result["complete"]
    store = ResultsHook().store
    stored, real = figures_of(store, submission["tag"]), truth(sandbox)
    assert (stored.delivered, stored.failed + stored.expired, stored.pending) == (
        real["delivered"],
        real["failed"],
        real["pending"],
    )
    assert stored.credits_spent == real["credits"] == 150
    assert {row.receiver for row in store.messages.iter(submission["tag"])} == set(NUMBERS)
    assert sandbox.calls("GET /sms/{serviceName}/document") == 1
    assert sandbox.calls("GET /sms/{serviceName}/outgoing/{id}") == 0
    assert not (Path(result["folder"]) / "export.csv").exists()  # it held numbers and texts


def test_collecting_again_changes_nothing(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    final(submission)
    before = sorted(map(str, ResultsHook().store.messages.iter(submission["tag"])))
    final(submission)
    assert sorted(map(str, ResultsHook().store.messages.iter(submission["tag"]))) == before


def test_at_the_deadline_pending_messages_are_reported_as_pending(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    sandbox.clock(advance=5)
    late = {**submission, "submitted_at": (datetime.now(UTC) - timedelta(days=4)).isoformat()}
    result = sensor(late).execute(context())
    assert not result["complete"]
    stored, real = figures_of(ResultsHook().store, submission["tag"]), truth(sandbox)
    # The sandbox's clock goes on while the export is made: the report may lag behind, never be ahead.
    assert 0 < real["pending"] <= stored.pending
    assert 0 < stored.delivered <= real["delivered"]
    assert stored.delivered + stored.failed + stored.expired + stored.pending == 150
    sandbox.clock(advance=DAYS)
    assert final(submission)["complete"]
    assert figures_of(ResultsHook().store, submission["tag"]).pending == 0


def test_every_opt_out_is_counted_once(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=5000)
    task = SendJobOperator(
        task_id="send", message="Soldes", numbers=MANY, sender="MYSHOP", stop_clause=True, campaign="sale"
    )
    submission = task.execute(context(run_id="stops"))
    sandbox.clock(advance=7 * 86_400)
    result = final(submission)
    real = truth(sandbox)
    assert result["opt_outs"] == real["stops"] > 0
    stored = figures_of(ResultsHook().store, submission["tag"])
    assert stored.opt_outs == real["stops"]
    assert Counter(row.receiver for row in ResultsHook().store.opt_outs.of(submission["tag"])).most_common(1)[0][1] == 1


def test_an_error_of_the_trigger_keeps_its_text_and_its_class(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    event = {"status": "error", "error": "MissingRight", "message": "The keys lack the right X."}
    with pytest.raises(MissingRight, match="lack the right"):  # the retry policy decides by the class
        sensor(submission).execute_complete(context(), event)


@pytest.mark.parametrize("soft", ["soft_fail", "never_fail"])
def test_a_sensor_that_may_not_fail_is_skipped(
    sandbox: SandboxProcess, submission: dict[str, Any], monkeypatch: pytest.MonkeyPatch, soft: str
) -> None:
    event = {"status": "error", "error": "MissingRight", "message": "The keys lack the right X."}
    with pytest.raises(AirflowSkipException, match="lack the right"):
        sensor(submission, **{soft: True}).execute_complete(context(), event)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, endpoint="http://127.0.0.1:9/1.0"))
    with pytest.raises(AirflowSkipException, match=r"127\.0\.0\.1:9"):
        sensor(submission, outage_timeout=timedelta(0), **{soft: True}).execute(context())


@pytest.mark.parametrize(
    ("given", "timeout", "interval", "window"),
    [
        ({}, 72 * 3600, 1, 0),
        ({"timeout": 60, "poke_interval": 2.5, "opt_out_window": timedelta(seconds=9)}, 60, 2.5, 9),
        ({"timeout": timedelta(hours=1), "poke_interval": timedelta(seconds=3)}, 3600, 3, 0),
    ],
)
def test_the_sensors_own_limits_go_before_the_campaigns(
    sandbox: SandboxProcess,
    submission: dict[str, Any],
    given: dict[str, Any],
    timeout: float,
    interval: float,
    window: float,
) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(submission, **given).execute(context())
    _, wait = deferred.value.trigger.serialize()
    ends = datetime.fromisoformat(submission["submitted_at"]) + timedelta(seconds=timeout)
    assert wait["ends_at"] == ends.isoformat()
    assert (wait["poll_interval"], wait["opt_out_window"]) == (interval, window)


def test_a_sensor_that_may_not_defer_waits_on_its_worker(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    task = sensor(submission, deferrable=False, poke_interval=0.2, opt_out_window=timedelta(0), timeout=60)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(task.execute, context())
        sandbox.wait_until(lambda: sandbox.calls("GET /sms/{serviceName}/outgoing"))
        sandbox.clock(advance=DAYS)
        assert waiting.result()["complete"]


def test_report_is_made_from_the_results(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    collected = final(submission)
    sandbox.reset_calls()
    made = BuildReportOperator(task_id="report", collected=collected).execute(context())
    assert sandbox.calls()["total"] == 0
    page = Path(made["report"]).read_text(encoding="utf-8")
    assert "spring" in page
    assert "<script src" not in page  # works offline
    table = Path(made["messages"]).read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == 151


async def events(trigger: DeliveryReceiptsTrigger) -> list[dict[str, Any]]:
    return [event.payload async for event in trigger.run()]


def trigger(submission: dict[str, Any], sandbox: SandboxProcess, **changes: Any) -> DeliveryReceiptsTrigger:
    given: dict[str, Any] = {
        "ovh_sms_conn_id": "ovh_sms_default",
        "account": sandbox.account_name,
        "tag": submission["tag"],
        "expected": submission["submitted"],
        "poll_interval": 0.2,
        "ends_at": (datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        "opt_out_window": 0.0,
        "earliest_after": 0.0,
    }
    return DeliveryReceiptsTrigger(**{**given, **changes})


def test_the_trigger_fires_once_when_all_is_final_but_not_before_airflow_has_seen_the_deferral(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    started = time.monotonic()
    (event,) = asyncio.run(events(trigger(submission, sandbox, earliest_after=1.0)))
    assert event["status"] == "final"
    assert "150 of 150" in event["message"]
    assert time.monotonic() - started >= 1.0


def test_what_is_final_at_once_is_not_deferred(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    assert sensor(submission).execute(context())["complete"]


def test_the_trigger_reads_again_before_its_opt_out_window_ends(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    reads = []
    for window in (0.0, 2.0):
        sandbox.reset_calls()
        (event,) = asyncio.run(events(trigger(submission, sandbox, opt_out_window=window)))
        assert event["status"] == "final"
        reads.append(sandbox.calls("GET /sms/{serviceName}/outgoing"))
    assert 0 < reads[0] < reads[1]


def test_the_trigger_goes_on_while_ovh_is_away_and_ends_at_its_deadline(
    sandbox: SandboxProcess, submission: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = connection(sandbox, endpoint="http://127.0.0.1:9/1.0", read_retry_seconds=0)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", away)
    ends = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
    (event,) = asyncio.run(events(trigger(submission, sandbox, ends_at=ends)))
    assert event["status"] == "deadline"


def test_the_trigger_reports_an_error_instead_of_dying(
    sandbox: SandboxProcess, submission: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.key([("GET", "/sms")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    (event,) = asyncio.run(events(trigger(submission, sandbox)))
    assert (event["status"], event["error"]) == ("error", "MissingRight")
    assert f"GET /sms/{sandbox.account_name}/outgoing" in event["message"]


async def _events(trigger: Any) -> list[Any]:
    return [event async for event in trigger.run()]
