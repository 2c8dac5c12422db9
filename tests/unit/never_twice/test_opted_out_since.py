"""A STOP between the preparation of a list and the POST of a batch leaves its owner out of that batch."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from ovh_sms.errors import ReceiversMismatch
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.store.attempt_receivers import recorded
from support.airflow_task import context
from support.opted_out import FIRST, PEOPLE, SECOND, THIRD, UPLOAD, left_out, stopped_in_store
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import NUMBERS, once, receivers, send

OPT_OUTS = "GET /sms/{serviceName}/blacklists"


@pytest.mark.parametrize("marketing", [False, True])
def test_a_stop_after_the_upload_leaves_its_owner_out(sandbox: SandboxProcess, tmp_path: Path, marketing: bool) -> None:
    (batch,) = batches(tmp_path, 100, rows=3, stop_clause=marketing)
    slot = upload(batch)
    sandbox.block(SECOND)
    answer = send_batch(batch, slot, stop_clause=marketing)
    assert (answer["submitted"], answer["refused"], answer["expected"]) == (2, 0, 2)
    assert (answer["rows"], answer["accepted"], answer["rejected"]) == (3, 2, {"opted_out_since": 1})
    assert receivers(sandbox) == {FIRST, THIRD}
    assert left_out(tmp_path) == [SECOND]
    assert once(sandbox) == 2


@pytest.mark.parametrize("account", ["its own", "another of the same owner"])
def test_a_stop_that_the_results_alone_know_counts_as_much(
    sandbox: SandboxProcess, tmp_path: Path, account: str
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    stopped_in_store(FIRST, sandbox.account_name if account == "its own" else "sms-another-1")
    assert send_batch(batch, slot)["submitted"] == 2
    assert receivers(sandbox) == {SECOND, THIRD}
    assert left_out(tmp_path) == [FIRST]


def test_a_stop_between_two_batches_leaves_its_owner_out_of_the_second(sandbox: SandboxProcess, tmp_path: Path) -> None:
    first, second = batches(tmp_path, 100, rows=5)
    assert send_batch(first, upload(first, 0), 0)["submitted"] == 3
    sandbox.block("+33639980104")
    assert send_batch(second, upload(second, 1), 1)["submitted"] == 1
    assert receivers(sandbox) == {*PEOPLE, "+33639980103"}
    assert once(sandbox) == 4


def test_without_a_stop_the_batch_costs_one_call_more_and_no_upload(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.reset_calls()
    answer = send_batch(batch, slot)
    assert (sandbox.calls(OPT_OUTS), sandbox.calls(UPLOAD)) == (1, 0)
    assert (answer["submitted_path"], answer["rejected"]) == ("", {})
    assert [*tmp_path.rglob("opted_out_since.csv")] == []


def test_the_batch_stays_the_same_batch_and_says_what_it_gave(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    answer = send_batch(batch, slot)
    assert (answer["list_digest"], answer["list_path"]) == (batch["digest"], batch["list_path"])
    given = Path(answer["submitted_path"])
    assert given.read_text() == f"number;prenom\n{FIRST};P100\n{THIRD};P102\n"
    assert (given.parent, given.stat().st_mode & 0o077) == (Path(batch["list_path"]).parent, 0)
    (attempt,) = ResultsHook().store.attempts.all(answer["tag"])
    snapshot = attempt.snapshot
    assert (snapshot["expected"], snapshot["submitted_path"]) == (2, str(given))
    assert snapshot["submitted_digest"] == answer["submitted_digest"] != batch["digest"]
    assert attempt.list_digest == batch["digest"]
    (submitted,) = [
        each for each in sandbox.truth(account=sandbox.account_name)["jobs"] if each["tag"] == answer["tag"]
    ]
    assert (submitted["records"], submitted["digest"]) == (2, answer["submitted_digest"])
    assert send_batch(batch, slot) == answer
    assert once(sandbox) == 2


def test_the_second_slot_is_freed_too(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    send_batch(batch, slot)
    assert len(OvhSmsHook().client.receivers.ids()) == 1
    FreeReceiversSlotOperator(task_id="free", receivers=slot).execute(context(task_id="free"))
    assert OvhSmsHook().client.receivers.ids() == []


@pytest.mark.parametrize("direct", [False, True])
def test_if_everybody_opted_out_nothing_is_sent_and_nobody_must_act(
    sandbox: SandboxProcess, tmp_path: Path, direct: bool
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    for number in PEOPLE:
        sandbox.block(number)
    with pytest.raises(AirflowSkipException, match="everybody in this batch opted out") as skipped:
        send(numbers=PEOPLE) if direct else send_batch(batch, slot)
    assert "+336" not in str(skipped.value)
    assert (receivers(sandbox), left_out(tmp_path)) == (set(), PEOPLE)
    assert sandbox.truth(account=sandbox.account_name)["jobs"] == []


def test_numbers_given_directly_are_left_out_too(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.block(NUMBERS[0])
    stopped_in_store(NUMBERS[4])
    answer = send()
    assert (answer["submitted"], answer["rows"], answer["rejected"]) == (3, 5, {"opted_out_since": 2})
    assert receivers(sandbox) == {*NUMBERS[1:4]}
    assert left_out(tmp_path) == [NUMBERS[0], NUMBERS[4]]
    assert "+336" not in str(ResultsHook().store.attempts.all(answer["tag"]))


def test_who_was_left_out_has_not_got_the_message(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    tag = send_batch(batch, slot)["tag"]
    with ResultsHook().store.database.reading() as connection:
        claimed, _ = recorded(connection, tag, 1)
    assert claimed is not None
    assert len(claimed) == 2


def test_a_list_that_was_changed_since_is_not_cut(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    path = Path(batch["list_path"])
    path.write_text(path.read_text().replace("P100", "P999"))
    sandbox.block(SECOND)
    with pytest.raises(ReceiversMismatch, match="written again since"):
        send_batch(batch, slot)
    assert receivers(sandbox) == set()
