"""Receivers slots: loaded completely, found again, never another campaign's."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.errors import (
    ApiError,
    ConfigurationError,
    NoFreeSlot,
    NotFound,
    OutcomeUnknown,
    ReceiversMismatch,
    RequestRefused,
)
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.triggers.receivers_slot import ReceiversSlotTrigger
from support.airflow_task import Store, context
from support.sandbox import SandboxProcess as Sandbox


def prepared(folder: Path, rows: int = 3, first: int = 0) -> dict[str, Any]:
    source = folder / "list.csv"
    source.write_text(
        "number;name\n" + "".join(f"063998{n:04d};Ann{n}\n" for n in range(first, first + rows))
    )
    fiction = ContactOptions(allow_fiction=True)
    made = prepare(source, out=folder, message="#name#", stop_clause=False, options=fiction)
    return made.batches[0].to_xcom()


def upload(given: dict[str, Any] | None, **changes: Any) -> UploadReceiversOperator:
    return UploadReceiversOperator(task_id="upload_receivers", prepared=given, **changes)


def free(receivers: dict[str, Any] | None) -> bool:
    task = FreeReceiversSlotOperator(task_id="free", receivers=receivers)
    return task.execute(context(task_id="free"))


def used() -> list[int]:
    return OvhSmsHook().client.receivers.ids()


def fill_all(folder: Path) -> dict[str, Any]:
    """Load all nine slots; returns the output of the last upload."""
    given = prepared(folder)
    return [upload(given).execute(at_upload(f"run_{run}")) for run in range(9)][-1]


def at_upload(run_id: str = "run_1") -> dict[str, Any]:
    return context(task_id="upload_receivers", run_id=run_id)


def test_the_whole_list_is_uploaded_and_freed(sandbox: Sandbox, tmp_path: Path) -> None:
    client = OvhSmsHook().client
    receivers = upload(prepared(tmp_path)).execute(at_upload())
    assert receivers["records"] == 3
    assert len(receivers["description"]) <= 40
    text = client.receivers.csv(receivers["slot"])
    assert "+33639980002" in text
    assert free(receivers)
    assert client.receivers.ids() == []
    assert not free(receivers)


def test_the_uploaded_document_expires_after_a_day(sandbox: Sandbox, tmp_path: Path) -> None:
    before = sandbox.truth()["documents"]
    upload(prepared(tmp_path)).execute(at_upload())
    (document,) = [each for each in sandbox.truth()["documents"] if each not in before]
    created, expires = (datetime.fromisoformat(document[name]) for name in ("created", "expires"))
    assert expires == created.replace(microsecond=0) + timedelta(days=1)
    client = OvhSmsHook().client
    assert client.documents.get(document["id"]).size > 0
    sandbox.clock(advance=86_400)
    with pytest.raises(NotFound):
        client.documents.get(document["id"])


def test_a_retry_finds_the_slot_of_the_earlier_try(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/receivers")
    task = upload(prepared(tmp_path))
    with pytest.raises(OutcomeUnknown):
        task.execute(at_upload())
    receivers = task.execute(at_upload())
    assert used() == [receivers["slot"]]


def test_a_changed_list_is_uploaded_again(sandbox: Sandbox, tmp_path: Path) -> None:
    old = upload(prepared(tmp_path)).execute(at_upload())
    changed = prepared(tmp_path, first=50)
    send = SendJobOperator(
        task_id="send", message="Bonjour", receivers=old, prepared=changed, sender="MYSHOP", stop_clause=False
    )
    with pytest.raises(ReceiversMismatch, match="prepared again"):
        send.execute(context(Store()))
    new = upload(changed).execute(at_upload())
    assert used() == [new["slot"]]
    assert "+33639980050" in OvhSmsHook().client.receivers.csv(new["slot"])
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_a_file_written_again_is_not_uploaded(sandbox: Sandbox, tmp_path: Path) -> None:
    first = prepared(tmp_path)
    prepared(tmp_path, first=50)
    with pytest.raises(ReceiversMismatch, match="not the one that was prepared"):
        upload(first).execute(at_upload())
    assert used() == []


def test_the_last_try_leaves_no_slot_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/receivers")
    last = context(task_id="upload_receivers", try_number=4)
    with pytest.raises(OutcomeUnknown):
        upload(prepared(tmp_path)).execute(last)
    assert used() == []


def test_a_slot_is_freed_without_the_uploads_output(sandbox: Sandbox, tmp_path: Path) -> None:
    upload(prepared(tmp_path)).execute(at_upload())
    assert free(None)
    assert used() == []


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
    # The first look at each list is for one of an earlier try; the second, for the error's text, finds one gone.
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
    trigger = ReceiversSlotTrigger(
        ovh_sms_conn_id="ovh_sms_default", account=account, poll_interval=1, ends_at=over
    )
    event = first_event(trigger, seconds=10)
    with pytest.raises(NoFreeSlot):
        upload(prepared(tmp_path)).execute_complete(at_upload("run_9"), event, over)


def test_a_failed_wait_keeps_its_error(sandbox: Sandbox, tmp_path: Path) -> None:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    trigger = ReceiversSlotTrigger(
        ovh_sms_conn_id="ovh_sms_default", account="sms-xx1-1", poll_interval=0.1, ends_at=ends
    )
    event = first_event(trigger, seconds=10)
    with pytest.raises(ApiError):
        upload(prepared(tmp_path)).execute_complete(at_upload("run_9"), event, ends)
    path, arguments = trigger.serialize()
    assert path == "ovh_sms.triggers.receivers_slot.ReceiversSlotTrigger"
    assert ReceiversSlotTrigger(**arguments).serialize() == (path, arguments)


def first_event(trigger: ReceiversSlotTrigger, *, seconds: float) -> Any:
    """What a trigger says within a time, if anything."""

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


def test_several_batches_are_not_uploaded_as_one(sandbox: Sandbox, tmp_path: Path) -> None:
    given = {"list_path": None, "batches": [prepared(tmp_path)] * 2}
    with pytest.raises(ConfigurationError, match="2 batches"):
        upload(given).execute(at_upload())


def test_a_slot_with_another_number_of_rows_is_freed(sandbox: Sandbox, tmp_path: Path) -> None:
    given = {**prepared(tmp_path), "accepted": 4}
    with pytest.raises(ReceiversMismatch, match="3 rows of the 4"):
        upload(given).execute(at_upload())
    assert used() == []


def test_a_refused_list_names_the_line(sandbox: Sandbox, tmp_path: Path) -> None:
    given, path = prepared(tmp_path), tmp_path / "prepared.csv"
    path.write_text(path.read_text().replace("Ann2", "François"), encoding="utf-8")
    given["digest"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(RequestRefused, match="line"):
        upload(given).execute(at_upload())
    assert used() == []


def test_one_source_is_needed(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError, match="Give exactly one"):
        upload(None).execute(at_upload())


def test_a_slot_of_another_campaign_is_never_sent_to(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = upload(prepared(tmp_path)).execute(at_upload("run_1"))
    client = OvhSmsHook().client
    client.receivers.delete(mine["slot"])
    theirs = upload(prepared(tmp_path, rows=3, first=50)).execute(at_upload("run_2"))
    assert theirs["slot"] == mine["slot"]
    assert theirs["records"] == mine["records"]
    send = SendJobOperator(
        task_id="send", message="Bonjour #name#", receivers=mine, sender="MYSHOP", stop_clause=False
    )
    with pytest.raises(ReceiversMismatch, match="belongs to something else"):
        send.execute(context(Store()))
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0
    assert not free(mine)
    assert client.receivers.ids() == [theirs["slot"]]


def twin(given: dict[str, Any], number: int, run_id: str = "run_1") -> dict[str, Any]:
    """The same list in a further slot, as a request leaves it that is executed after its process has died."""
    client, receivers = OvhSmsHook().client, upload(given).execute(at_upload(run_id))
    document = client.documents.create("late.csv", tags={})
    client.documents.upload(document.put_url, Path(given["list_path"]))
    client.receivers.create(number, description=receivers["description"], document_id=document.id)
    return receivers


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
def test_every_slot_of_the_task_is_freed_and_no_other(
    sandbox: Sandbox, tmp_path: Path, output_kept: bool
) -> None:
    given = prepared(tmp_path)
    first = twin(given, 7)
    theirs = upload(given).execute(at_upload("run_2"))
    given_to_free = first if output_kept else None
    assert free(given_to_free)
    assert used() == [theirs["slot"]]
    assert not free(given_to_free)


def test_every_earlier_version_of_a_list_is_replaced(sandbox: Sandbox, tmp_path: Path) -> None:
    twin(prepared(tmp_path), 7)
    new = upload(prepared(tmp_path, first=50)).execute(at_upload())
    assert used() == [new["slot"]]
    assert "+33639980050" in OvhSmsHook().client.receivers.csv(new["slot"])


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


def test_a_slot_freed_twice_at_once_is_free(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = upload(prepared(tmp_path)).execute(at_upload())
    held = sandbox.fault("hold_before", method="DELETE", path="/sms/*/receivers/*")
    with ThreadPoolExecutor() as pool:
        freeing = pool.submit(free, mine)
        sandbox.wait_held(held)
        assert free(mine)
        sandbox.release(held)
        assert freeing.result() is False
    assert used() == []


def test_a_lost_answer_to_freeing_frees_no_other_slot(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = upload(prepared(tmp_path)).execute(at_upload())
    sandbox.fault("lost_answer", method="DELETE", path="/sms/*/receivers/*")
    with pytest.raises(OutcomeUnknown):
        free(mine)
    theirs = upload(prepared(tmp_path)).execute(at_upload("run_2"))
    assert theirs["slot"] == mine["slot"]
    assert free(mine) is False
    assert used() == [theirs["slot"]]


# One try of an upload in a process of its own, which can be killed.
TRY = """
import json, sys
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
given = json.loads(sys.argv[1])
task = UploadReceiversOperator(task_id="upload_receivers", prepared=given)
task.execute(context(task_id="upload_receivers"))
"""


@pytest.mark.parametrize(("kind", "there"), [("hold_before", 0), ("hold_after", 1)])
def test_a_killed_upload_is_found_by_its_description(
    sandbox: Sandbox, tmp_path: Path, kind: str, there: int
) -> None:
    given = prepared(tmp_path)
    held = sandbox.fault(kind, method="POST", path="/sms/*/receivers")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", TRY, json.dumps(given)], env=environment) as process:
        try:
            sandbox.wait_held(held, seconds=60)
        finally:
            process.kill()
    client = OvhSmsHook().client
    assert len(client.receivers.ids()) == there
    sandbox.release(held)  # what was on its way when the process died is executed now
    sandbox.wait_until(client.receivers.ids)
    sandbox.reset_calls()
    receivers = upload(given).execute(at_upload())
    assert client.receivers.ids() == [receivers["slot"]] == [1]
    assert (receivers["records"], receivers["digest"]) == (3, given["digest"])
    assert sandbox.calls("POST /sms/{serviceName}/receivers") == 0
    assert free(None)
    assert client.receivers.ids() == []


def test_exactly_the_list_gets_the_merged_text(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = upload(prepared(tmp_path)).execute(at_upload())
    send = SendJobOperator(
        task_id="send", message="Bonjour #name#", receivers=mine, sender="MYSHOP", stop_clause=False
    )
    answer = send.execute(context(Store()))
    sent = {
        m["receiver"]: m["message"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name)
    }
    assert sent == {f"+3363998{n:04d}": f"Bonjour Ann{n}" for n in range(3)}
