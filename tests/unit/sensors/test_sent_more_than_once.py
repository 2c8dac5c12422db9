"""A proxy repeats the POST of a batch: OVH sends it twice, which the next observation notices, names and raises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import SentMoreThanOnce
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.notifications.run_end import SubmissionEndNotifier
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.report.run_state import RunState, run_status
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger
from support.airflow_task import context
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess
from support.stores import figures_of

NUMBERS = [f"+3363998{n:04d}" for n in range(150)]
DAYS = 3 * 86_400


def sensor(submission: dict[str, Any], **changes: Any) -> CollectOutgoingSensor:
    return CollectOutgoingSensor(task_id="collect", submission=submission, **changes)


def final(submission: dict[str, Any]) -> dict[str, Any]:
    return sensor(submission).execute_complete(context(), {"status": "final", "message": "all final"})


def event_of(trigger: DeliveryReceiptsTrigger) -> dict[str, Any]:
    async def events() -> list[dict[str, Any]]:
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(events())
    return event


@pytest.fixture
def repeated(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> dict[str, Any]:
    sandbox.fault("repeat", method="POST", path="/sms/*/jobs")
    task = SendJobOperator(
        task_id="send",
        message="Bonjour",
        numbers=NUMBERS,
        sender="MYSHOP",
        stop_clause=False,
        campaign="spring",
        report={"notify": [{"notifier": "support.notifiers.KeepingNotifier"}]},
    )
    made = task.execute(context(run_id=request.node.name))
    assert (made["submitted"], sandbox.truth(made["tag"])["accepted"]) == (150, 300)
    return made


def test_a_repeated_post_is_stored_whole_then_named_and_raised(
    sandbox: SandboxProcess, repeated: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    with pytest.raises(SentMoreThanOnce, match="150 messages more") as caught:
        final(repeated)
    assert caught.value.was_executed is True
    assert not caught.value.is_retryable
    for words in ("Nothing is sent again", "ovh-sms cancel", repeated["tag"]):
        assert words in str(caught.value)
    store = ResultsHook().store
    assert sum(1 for _ in store.messages.iter(repeated["tag"])) == 300
    stored, real = figures_of(store, repeated["tag"]), sandbox.truth(account=sandbox.account_name)
    assert (stored.submitted, stored.surplus, stored.unaccounted) == (300, 150, 0)
    assert stored.delivered == real["delivered"]
    assert stored.complete is True


def test_people_who_got_a_message_twice_need_somebody_who_is_notified(
    sandbox: SandboxProcess, repeated: dict[str, Any]
) -> None:
    sandbox.clock(advance=DAYS)
    with pytest.raises(SentMoreThanOnce):
        final(repeated)
    (results,) = ResultsHook().store.run_results.of_run(repeated["dag_id"], repeated["run_id"])
    status = run_status(results, datetime.now(UTC))
    assert (status.state, status.sent, status.surplus, status.delivered <= 150) == (RunState.TROUBLED, 150, 150, True)
    KeepingNotifier.kept.clear()
    for _ in range(2):  # Airflow calls it for each failed try that is the last
        SubmissionEndNotifier()({**context(task_id="collect"), "task": sensor(repeated)})
    (notified,) = KeepingNotifier.kept
    assert "150 messages more than its answer accounts for" in notified["text"]
    assert "3998" not in notified["text"]


def test_the_wait_ends_at_the_first_read_that_lists_too_many(sandbox: SandboxProcess, repeated: dict[str, Any]) -> None:
    # most of them are not final: those that still wait can be withdrawn
    sandbox.clock(advance=400)
    with pytest.raises(SentMoreThanOnce):
        sensor(repeated, timeout=3600).execute(context())
    assert figures_of(ResultsHook().store, repeated["tag"]).surplus > 0
    trigger = DeliveryReceiptsTrigger(
        ovh_sms_conn_id="ovh_sms_default",
        account=sandbox.account_name,
        tag=repeated["tag"],
        expected=150,
        accounted=150,
        poll_interval=0.2,
        ends_at=(datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        opt_out_window=60.0,
        earliest_after=0.0,
    )
    assert event_of(trigger)["status"] == "surplus"


def test_a_surplus_that_is_known_is_waited_for_like_the_others(
    sandbox: SandboxProcess, repeated: dict[str, Any]
) -> None:
    sandbox.clock(advance=400)
    sandbox.wait_until(lambda: sandbox.truth(repeated["tag"])["pending"] < 300)
    with pytest.raises(SentMoreThanOnce):
        final(repeated)
    with pytest.raises(TaskDeferred) as deferred:  # cleared: nothing new is listed, so all receipts are waited for
        sensor(repeated, timeout=3600, opt_out_window=timedelta(hours=1)).execute(context())
    _, given = deferred.value.trigger.serialize()
    sandbox.clock(advance=DAYS)
    event = event_of(DeliveryReceiptsTrigger(**{**given, "earliest_after": 0.0, "opt_out_window": 0.0}))
    assert event["status"] == "final"
    with pytest.raises(SentMoreThanOnce):
        sensor(repeated).execute_complete(context(), event)
    assert figures_of(ResultsHook().store, repeated["tag"]).pending == 0
