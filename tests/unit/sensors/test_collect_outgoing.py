"""From a sending to the results: every message, its delivery_status, the STOPs; by whichever way OVH leaves open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from ovh_sms.errors import MissingRight
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.store import migrate
from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger
from support.airflow_task import Store, connection, context
from support.sandbox import SandboxProcess
from support.stores import figures_of

NUMBERS = [f"+3363998{n:04d}" for n in range(150)]
MANY = [f"+3363998{n:04d}" for n in range(500)]
DAYS = 3 * 86_400


@pytest.fixture
def sending(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    task = SendJobOperator(
        task_id="send",
        message="Bonjour à tous",
        numbers=NUMBERS,
        sender="MYSHOP",
        stop_clause=False,
        campaign="spring",
        report={"stop_window_minutes": 0, "poll_interval_seconds": 1},
    )
    return task.execute(context(Store(), run_id=request.node.name))


def sensor(sending: dict[str, Any], **changes: Any) -> CollectOutgoingSensor:
    return CollectOutgoingSensor(task_id="collect", sending=sending, **changes)


def final(sending: dict[str, Any]) -> dict[str, Any]:
    return sensor(sending).execute_complete(context(), {"status": "final", "message": "all final"})


def truth(sandbox: SandboxProcess) -> dict[str, Any]:
    return sandbox.truth(account=sandbox.account_name)


def test_waits_in_the_triggerer(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(sending).execute(context())
    trigger = deferred.value.trigger
    assert isinstance(trigger, DeliveryReceiptsTrigger)
    path, given = trigger.serialize()
    assert path == "ovh_sms.triggers.delivery_receipts.DeliveryReceiptsTrigger"
    assert given["expected"] == 150
    again = DeliveryReceiptsTrigger(**given)
    assert again.serialize() == (path, given)
    assert "secret" not in str(given)


def test_counts_agree_with_the_truth_and_one_export_serves(
    sandbox: SandboxProcess, sending: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    sandbox.reset_calls()
    result = final(sending)
    assert result["messages"] == 150
    assert result["complete"]
    store = ResultsHook().store
    told, real = figures_of(store, sending["tag"]), truth(sandbox)
    assert (told.delivered, told.failed + told.expired, told.pending) == (
        real["delivered"],
        real["failed"],
        real["pending"],
    )
    assert told.credits_spent == real["credits"] == 150
    assert {row.receiver for row in store.messages.iter(sending["tag"])} == set(NUMBERS)
    assert sandbox.calls("GET /sms/{serviceName}/document") == 1
    assert sandbox.calls("GET /sms/{serviceName}/outgoing/{id}") == 0
    assert not (Path(result["folder"]) / "export.csv").exists()  # it held numbers and texts


def test_collecting_again_changes_nothing(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    final(sending)
    before = sorted(map(str, ResultsHook().store.messages.iter(sending["tag"])))
    final(sending)
    assert sorted(map(str, ResultsHook().store.messages.iter(sending["tag"]))) == before


@pytest.mark.parametrize("batch_header", [True, False])
def test_without_export_the_messages_are_read(
    sandbox: SandboxProcess, sending: dict[str, Any], batch_header: bool
) -> None:
    sandbox.clock(advance=DAYS)
    final(sending)
    store = ResultsHook().store
    exported = {
        row.outgoing_id: (row.receiver, row.delivery_status, row.segments)
        for row in store.messages.iter(sending["tag"])
    }
    sandbox.features(batch_header=batch_header)
    sandbox.fault("status", method="GET", path="/sms/*/document", status=400, times=1)
    sandbox.reset_calls()
    try:
        Path(store.database.engine.url.database or "").unlink()
        store.close()
        migrate.init(store)
        result = final(sending)
    finally:
        sandbox.features(batch_header=True)
    read = {
        row.outgoing_id: (row.receiver, row.delivery_status, row.segments)
        for row in store.messages.iter(sending["tag"])
    }
    assert result["messages"] == 150
    assert read == exported
    assert sandbox.calls()["total"] < 30 if batch_header else sandbox.calls()["total"] > 150


def test_at_the_deadline_pending_messages_are_reported_as_pending(
    sandbox: SandboxProcess, sending: dict[str, Any]
) -> None:
    sandbox.clock(advance=5)
    late = {**sending, "submitted_at": (datetime.now(UTC) - timedelta(days=4)).isoformat()}
    result = sensor(late).execute(context())
    assert not result["complete"]
    told, real = figures_of(ResultsHook().store, sending["tag"]), truth(sandbox)
    # The sandbox's clock goes on while the export is made: the report may lag behind, never be ahead.
    assert 0 < real["pending"] <= told.pending
    assert 0 < told.delivered <= real["delivered"]
    assert told.delivered + told.failed + told.expired + told.pending == 150
    sandbox.clock(advance=DAYS)
    assert final(sending)["complete"]
    assert figures_of(ResultsHook().store, sending["tag"]).pending == 0


def test_stops_are_counted(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=5000)
    task = SendJobOperator(
        task_id="send", message="Soldes", numbers=MANY, sender="MYSHOP", stop_clause=True, campaign="sale"
    )
    sending = task.execute(context(Store(), run_id="stops"))
    sandbox.clock(advance=7 * 86_400)
    result = final(sending)
    real = truth(sandbox)
    assert result["stops"] == real["stops"] > 0
    told = figures_of(ResultsHook().store, sending["tag"])
    assert told.opt_outs == real["stops"]
    assert (
        Counter(row.receiver for row in ResultsHook().store.opt_outs.of(sending["tag"])).most_common(1)[0][1]
        == 1
    )


def test_an_error_of_the_trigger_keeps_its_text_and_its_class(
    sandbox: SandboxProcess, sending: dict[str, Any]
) -> None:
    event = {"status": "error", "error": "MissingRight", "message": "The keys lack the right X."}
    with pytest.raises(MissingRight, match="lack the right"):  # the retry policy goes by the class
        sensor(sending).execute_complete(context(), event)
    with pytest.raises(AirflowException, match="lack the right"):  # soft_fail knows only this one
        sensor(sending, soft_fail=True).execute_complete(context(), event)


def test_report_is_made_from_the_results(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    collected = final(sending)
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


def trigger(sending: dict[str, Any], sandbox: SandboxProcess, **changes: Any) -> DeliveryReceiptsTrigger:
    given: dict[str, Any] = {
        "ovh_sms_conn_id": "ovh_sms_default",
        "account": sandbox.account_name,
        "tag": sending["tag"],
        "expected": sending["submitted"],
        "poll_interval": 0.2,
        "ends_at": (datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        "stop_window": 0.0,
        "settle": 0.0,
    }
    return DeliveryReceiptsTrigger(**{**given, **changes})


def test_trigger_fires_once_when_all_is_final(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    (event,) = asyncio.run(events(trigger(sending, sandbox)))
    assert event["status"] == "final"
    assert "150 of 150" in event["message"]


def test_trigger_never_fires_before_airflow_has_seen_the_deferral(
    sandbox: SandboxProcess, sending: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    started = time.monotonic()
    (event,) = asyncio.run(events(trigger(sending, sandbox, settle=1.5)))
    assert event["status"] == "final"
    assert time.monotonic() - started >= 1.5


def test_what_is_final_at_once_is_not_deferred(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    assert sensor(sending).execute(context())["complete"]


def test_trigger_waits_for_late_stops(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    sandbox.clock(advance=DAYS)
    sandbox.reset_calls()
    (event,) = asyncio.run(events(trigger(sending, sandbox, stop_window=1.0)))
    assert event["status"] == "final"
    assert sandbox.calls("GET /sms/{serviceName}/outgoing") > 4  # looked again before it fired


def test_trigger_fires_at_the_deadline(sandbox: SandboxProcess, sending: dict[str, Any]) -> None:
    ends = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    (event,) = asyncio.run(events(trigger(sending, sandbox, ends_at=ends)))
    assert event["status"] == "deadline"


def test_trigger_reports_an_error_instead_of_dying(
    sandbox: SandboxProcess, sending: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.key([("GET", "/sms")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    (event,) = asyncio.run(events(trigger(sending, sandbox)))
    assert (event["status"], event["error"]) == ("error", "MissingRight")
    assert f"GET /sms/{sandbox.account_name}/outgoing" in event["message"]
