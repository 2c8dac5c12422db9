"""Nine receivers slots for all campaigns of an account."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import ApiError, NoFreeSlot, ReceiversMismatch
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.triggers.receivers_slot import ReceiversSlotTrigger
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess as Sandbox
from unit.operators.receivers_slots import at_upload, fill_all, free, prepared, twin, upload, used


def test_two_runs_take_two_slots(sandbox: Sandbox, tmp_path: Path) -> None:
    first = upload(prepared(tmp_path)).execute(at_upload("run_1"))
    second = upload(prepared(tmp_path, rows=2, first=5)).execute(at_upload("run_2"))
    assert first["slot"] != second["slot"]


def test_a_tenth_list_finds_no_slot(sandbox: Sandbox, tmp_path: Path) -> None:
    fill_all(tmp_path)
    with pytest.raises(NoFreeSlot, match="nine"):
        upload(prepared(tmp_path), wait_for_slot=timedelta(0)).execute(at_upload("run_9"))
    assert used() == list(range(1, 10))


def test_a_slot_freed_meanwhile_is_left_to_the_next_try(sandbox: Sandbox, tmp_path: Path) -> None:
    fill_all(tmp_path)
    held = sandbox.fault("hold_before", method="GET", path="/sms/*/receivers/9", after=1)
    task = upload(prepared(tmp_path), wait_for_slot=timedelta(0))
    with ThreadPoolExecutor() as pool:
        late = pool.submit(task.execute, at_upload("run_9"))
        sandbox.wait_held(held)
        OvhSmsHook().client.receivers.delete(9)
        sandbox.release(held)
        with pytest.raises(NoFreeSlot):  # which is tried again, and finds list 9 free
            late.result()


def test_the_wait_for_a_slot_holds_no_worker(sandbox: Sandbox, tmp_path: Path) -> None:
    last = fill_all(tmp_path)
    task = upload(prepared(tmp_path), poll_interval=timedelta(seconds=0.1))
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(at_upload("run_9"))
    trigger, ends = deferred.value.trigger, deferred.value.kwargs["ends_at"]
    assert isinstance(trigger, ReceiversSlotTrigger)
    assert timedelta(hours=11) < datetime.fromisoformat(ends) - datetime.now(UTC) <= timedelta(hours=12)

    assert first_event(trigger, seconds=0.5) is None  # still no room
    OvhSmsHook().client.receivers.delete(last["slot"])
    event = first_event(trigger, seconds=10)
    assert event["status"] == "free"
    receivers = task.execute_complete(at_upload("run_9"), event, ends)
    assert receivers["slot"] == last["slot"]


def test_a_slot_freed_while_all_are_listed_is_no_error(sandbox: Sandbox, tmp_path: Path) -> None:
    fill_all(tmp_path)
    # The first read of each list is for one of an earlier try; the second, for the error's text, finds one gone.
    sandbox.fault("status", status=404, method="GET", path="/sms/*/receivers/1", after=1)
    with pytest.raises(NoFreeSlot, match="nine"):
        upload(prepared(tmp_path), wait_for_slot=timedelta(0)).execute(at_upload("run_9"))


def test_a_slot_taken_meanwhile_is_passed_over(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("status", status=409, method="POST", path="/sms/*/receivers")
    assert upload(prepared(tmp_path)).execute(at_upload())["slot"] == 2


def test_the_wait_for_a_slot_ends(sandbox: Sandbox, tmp_path: Path) -> None:
    fill_all(tmp_path)
    over = datetime.now(UTC).isoformat()
    account = sandbox.account_name
    trigger = ReceiversSlotTrigger(ovh_sms_conn_id="ovh_sms_default", account=account, poll_interval=1, ends_at=over)
    event = first_event(trigger, seconds=10)
    with pytest.raises(NoFreeSlot):
        upload(prepared(tmp_path)).execute_complete(at_upload("run_9"), event, over)


def test_a_failed_wait_keeps_its_error(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_NO_ACCOUNT", connection(sandbox, account="sms-xx1-1"))
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    trigger = ReceiversSlotTrigger(
        ovh_sms_conn_id="ovh_sms_no_account", account="sms-xx1-1", poll_interval=0.1, ends_at=ends
    )
    event = first_event(trigger, seconds=10)
    with pytest.raises(ApiError):
        upload(prepared(tmp_path)).execute_complete(at_upload("run_9"), event, ends)
    path, arguments = trigger.serialize()
    assert path == "ovh_sms.triggers.receivers_slot.ReceiversSlotTrigger"
    assert ReceiversSlotTrigger(**arguments).serialize() == (path, arguments)


def first_event(trigger: ReceiversSlotTrigger, *, seconds: float) -> Any:
    """The first event of a trigger within a time, if any."""

    async def wait() -> Any:
        async for event in trigger.run():
            return event.payload
        return None

    async def bounded() -> Any:
        try:
            return await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            return None

    return asyncio.run(bounded())


def test_a_slot_of_another_campaign_is_never_sent_to(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = upload(prepared(tmp_path)).execute(at_upload("run_1"))
    client = OvhSmsHook().client
    client.receivers.delete(mine["slot"])
    theirs = upload(prepared(tmp_path, rows=3, first=50)).execute(at_upload("run_2"))
    assert theirs["slot"] == mine["slot"]
    assert theirs["records"] == mine["records"]
    send = SendJobOperator(task_id="send", message="Bonjour #name#", receivers=mine, sender="MYSHOP", stop_clause=False)
    with pytest.raises(ReceiversMismatch, match="belongs to something else"):
        send.execute(context())
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0
    assert not free(mine)
    assert client.receivers.ids() == [theirs["slot"]]


def test_two_uploads_of_one_try_leave_one_slot(sandbox: Sandbox, tmp_path: Path) -> None:
    given = prepared(tmp_path)
    held = sandbox.fault("hold_before", method="POST", path="/sms/*/receivers")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(upload(given).execute, at_upload())
        sandbox.wait_held(held)
        fast = upload(given).execute(at_upload())
        sandbox.release(held)
        assert slow.result() == fast
    assert used() == [fast["slot"]] == [1]
    assert free(fast)
    assert used() == []


def test_of_two_slots_of_a_task_the_lowest_stays(sandbox: Sandbox, tmp_path: Path) -> None:
    given = prepared(tmp_path)
    first = twin(given, 7)
    assert upload(given).execute(at_upload()) == first
    assert used() == [first["slot"]]


@pytest.mark.parametrize("output_kept", [True, False])
def test_every_slot_of_the_task_is_freed_and_no_other(sandbox: Sandbox, tmp_path: Path, output_kept: bool) -> None:
    given = prepared(tmp_path)
    first = twin(given, 7)
    theirs = upload(given).execute(at_upload("run_2"))
    given_to_free = first if output_kept else None
    assert free(given_to_free)
    assert used() == [theirs["slot"]]
    assert not free(given_to_free)


def test_a_failing_upload_frees_no_slot_of_another_campaign(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = {**prepared(tmp_path), "accepted": 4}
    other = tmp_path / "other"
    other.mkdir()
    client = OvhSmsHook().client
    held = sandbox.fault("hold_after", method="POST", path="/sms/*/receivers")
    with ThreadPoolExecutor() as pool:
        failing = pool.submit(upload(mine).execute, at_upload("run_1"))
        sandbox.wait_held(held)
        client.receivers.delete(1)
        theirs = upload(prepared(other, first=50)).execute(at_upload("run_2"))
        sandbox.release(held)
        with pytest.raises(ReceiversMismatch, match="3 rows of the 4"):
            failing.result()
    assert client.receivers.ids() == [theirs["slot"]] == [1]


def test_the_tear_down_frees_no_slot_of_another_campaign(sandbox: Sandbox, tmp_path: Path) -> None:
    given = prepared(tmp_path)
    mine = twin(given, 7)
    client = OvhSmsHook().client
    held = sandbox.fault("hold_before", method="GET", path="/sms/*/receivers/7")
    with ThreadPoolExecutor() as pool:
        freeing = pool.submit(free, mine)
        sandbox.wait_held(held)
        if 1 in client.receivers.ids():
            client.receivers.delete(1)
        theirs = upload(given).execute(at_upload("run_2"))
        sandbox.release(held)
        assert freeing.result()
    assert client.receivers.ids() == [theirs["slot"]] == [1]
