"""A STOP between the preparation of a list and the POST of a batch leaves its owner out of that batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch, Unavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.store.attempt_receivers import recorded
from ovh_sms.store.attempts import Attempts
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.signed import Signed
from support.tries import NUMBERS, QUICK, SUBMIT_CALL, asked, once, once_claimed, receivers, send, states

FIRST, SECOND, THIRD = PEOPLE = [f"+33639980{n}" for n in range(100, 103)]
BLACKLIST, UPLOAD = "GET /sms/{serviceName}/blacklists", "POST /sms/{serviceName}/receivers"


def store() -> Any:
    return ResultsHook().store


def stopped_in_store(number: str, account: str = "sms-another-1") -> None:
    """This project knows a STOP that OVH's list of the account does not hold."""
    store().opt_out_digests.add(account, [number])


def left_out(folder: Path) -> list[str]:
    """The numbers in the file of those who were left out."""
    (path,) = folder.rglob("opted_out_since.csv")
    assert path.stat().st_mode & 0o077 == 0
    return path.read_text().split()[1:]


def kill(*given: Any, **more: Any) -> None:
    raise KeyboardInterrupt


def killed_before_the_claim(monkeypatch: pytest.MonkeyPatch, batch: dict[str, Any], slot: dict[str, Any]) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "claim", kill)
        with pytest.raises(KeyboardInterrupt):
            send_batch(batch, slot)


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
    assert (sandbox.calls(BLACKLIST), sandbox.calls(UPLOAD)) == (1, 0)
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
    (attempt,) = store().attempts.all(answer["tag"])
    snapshot = attempt.snapshot
    assert (snapshot["expected"], snapshot["submitted_path"]) == (2, str(given))
    assert snapshot["submitted_digest"] == answer["submitted_digest"] != batch["digest"]
    assert attempt.list_digest == batch["digest"]
    (job,) = [each for each in sandbox.truth(account=sandbox.account_name)["jobs"] if each["tag"] == answer["tag"]]
    assert (job["records"], job["digest"]) == (2, answer["submitted_digest"])
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


def test_killed_after_the_second_upload_a_later_try_reads_anew(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    killed_before_the_claim(monkeypatch, batch, slot)
    stopped_in_store(THIRD)
    answer = send_batch(batch, slot)
    assert (answer["submitted"], answer["rejected"]) == (1, {"opted_out_since": 2})
    assert (receivers(sandbox), left_out(tmp_path)) == ({FIRST}, [SECOND, THIRD])
    assert len(OvhSmsHook().client.receivers.ids()) == 1


def test_killed_after_the_second_upload_a_later_try_uploads_the_same_list_no_third_time(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    killed_before_the_claim(monkeypatch, batch, slot)
    sandbox.reset_calls()
    assert send_batch(batch, slot)["submitted"] == 2
    assert sandbox.calls(UPLOAD) == 0
    assert once(sandbox) == 2


def test_killed_after_the_claim_a_later_try_reads_anew_once_nothing_was_sent(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    with monkeypatch.context() as patch:
        once_claimed(patch, kill)
        with pytest.raises(KeyboardInterrupt):
            send_batch(batch, slot)
    sandbox.block(THIRD)
    sandbox.clock(advance=60)
    answer = send_batch(batch, slot, **QUICK)
    assert states(answer["tag"]) == ["not_executed", "succeeded"]
    assert (answer["expected"], answer["submitted"], receivers(sandbox)) == (1, 1, {FIRST})


@pytest.mark.parametrize("direct", [False, True])
def test_a_lost_answer_is_found_with_the_receivers_that_were_given(
    sandbox: SandboxProcess, tmp_path: Path, direct: bool
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)

    def submit() -> dict[str, Any]:
        return send(numbers=PEOPLE) if direct else send_batch(batch, slot, **QUICK)

    sandbox.block(SECOND)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        submit()
    sandbox.block(THIRD)  # who has the message already
    sandbox.clock(advance=60)
    answer = submit()
    assert (answer["submitted"], answer["expected"], answer["unexpected"]) == (2, 2, 0)
    assert (answer["rows"], answer["accepted"], answer["rejected"]) == (3, 2, {"opted_out_since": 1})
    assert (receivers(sandbox), left_out(tmp_path)) == ({FIRST, THIRD}, [SECOND])
    assert states(answer["tag"]) == ["succeeded"]
    assert once(sandbox) == 2


def test_waiting_messages_of_the_given_receivers_are_found(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_batch(batch, slot, delay_minutes=60, **QUICK)
    answer = send_batch(batch, slot, delay_minutes=60, **QUICK)
    assert (answer["submitted"], answer["credits_spent"]) == (2, 2)
    assert once(sandbox) == 2


def test_who_was_left_out_is_not_among_those_without_a_message(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(FIRST)
    sandbox.fault("partial", count=1, **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_batch(batch, slot, **QUICK)
    sandbox.clock(advance=60)
    assert "1 of 2" in asked(lambda: send_batch(batch, slot, **QUICK)).says
    (missing,) = tmp_path.rglob("receivers_not_found.csv")
    assert missing.read_text() == f"number;prenom\n{THIRD};P102\n"


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


def test_if_everybody_opted_out_after_a_lost_request_nothing_is_sent(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    for number in NUMBERS:
        stopped_in_store(number)
    sandbox.clock(advance=60)
    with pytest.raises(AirflowSkipException):
        send()
    assert states(submission_tag("a_dag", "run_1", "send")) == ["not_executed"]
    assert receivers(sandbox) == set()


def test_numbers_given_directly_are_left_out_too(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.block(NUMBERS[0])
    stopped_in_store(NUMBERS[4])
    answer = send()
    assert (answer["submitted"], answer["rows"], answer["rejected"]) == (3, 5, {"opted_out_since": 2})
    assert receivers(sandbox) == {*NUMBERS[1:4]}
    assert left_out(tmp_path) == [NUMBERS[0], NUMBERS[4]]
    assert "+336" not in str(store().attempts.all(answer["tag"]))


def test_who_was_left_out_has_not_got_the_message(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    tag = send_batch(batch, slot)["tag"]
    with store().database.reading() as connection:
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


def test_if_the_answer_to_the_second_upload_is_lost_nothing_is_claimed_and_a_later_try_finds_it(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    sandbox.fault("lost_answer", method="POST", path="/sms/*/receivers")
    with pytest.raises(Unavailable, match="Nothing was sent"):
        send_batch(batch, slot)
    assert states(submission_tag("a_dag", "run_1", "send", 0)) == []
    assert send_batch(batch, slot)["submitted"] == 2
    assert len(OvhSmsHook().client.receivers.ids()) == 1
    assert once(sandbox) == 2


def test_a_stop_that_is_withdrawn_after_a_killed_try_has_the_whole_list_uploaded_again(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    killed_before_the_claim(monkeypatch, batch, slot)
    assert Signed(sandbox).delete(f"/sms/{sandbox.account_name}/blacklists/{SECOND}").status == 200
    answer = send_batch(batch, slot)
    assert (answer["submitted"], answer["rejected"]) == (3, {})
    assert [*tmp_path.rglob("opted_out_since.csv")] == []
    assert once(sandbox) == 3
