"""Receivers slots: loaded completely, found again, never another campaign's."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.documents import DocumentsClient
from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, ReceiversMismatch, RequestRefused
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.send_job import SendJobOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess as Sandbox
from unit.operators.receivers_slots import at_upload, free, prepared, twin, upload, used


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


def test_a_list_that_changes_between_its_check_and_its_upload_gets_no_slot(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as many people as before, and a person puts the right list back at once
    batch = prepared(tmp_path)
    path = Path(batch["list_path"])
    rows, make = path.read_bytes(), DocumentsClient.create

    def create_late(*given: Any, **more: Any) -> Any:
        path.write_bytes(rows.replace(b"+33639980002", b"+33639980902"))
        return make(*given, **more)

    monkeypatch.setattr(DocumentsClient, "create", create_late)
    with pytest.raises(ReceiversMismatch, match="was written again"):
        upload(batch).execute(at_upload())
    path.write_bytes(rows)
    assert used() == []


def test_a_changed_list_is_uploaded_again(sandbox: Sandbox, tmp_path: Path) -> None:
    old = upload(prepared(tmp_path)).execute(at_upload())
    changed = prepared(tmp_path, first=50)
    send = SendJobOperator(
        task_id="send", message="Bonjour", receivers=old, prepared=changed, sender="MYSHOP", stop_clause=False
    )
    with pytest.raises(ReceiversMismatch, match="prepared again"):
        send.execute(context())
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
    given = prepared(tmp_path)
    path = Path(given["list_path"])
    path.write_text(path.read_text().replace("Ann2", "François"), encoding="utf-8")
    given["digest"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(RequestRefused, match="line"):
        upload(given).execute(at_upload())
    assert used() == []


def test_one_source_is_needed(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError, match="Give exactly one"):
        upload(None).execute(at_upload())


def test_every_earlier_version_of_a_list_is_replaced(sandbox: Sandbox, tmp_path: Path) -> None:
    twin(prepared(tmp_path), 7)
    new = upload(prepared(tmp_path, first=50)).execute(at_upload())
    assert used() == [new["slot"]]
    assert "+33639980050" in OvhSmsHook().client.receivers.csv(new["slot"])


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
def test_a_killed_upload_is_found_by_its_description(sandbox: Sandbox, tmp_path: Path, kind: str, there: int) -> None:
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
    send = SendJobOperator(task_id="send", message="Bonjour #name#", receivers=mine, sender="MYSHOP", stop_clause=False)
    answer = send.execute(context())
    sent = {m["receiver"]: m["message"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name)}
    assert sent == {f"+3363998{n:04d}": f"Bonjour Ann{n}" for n in range(3)}
