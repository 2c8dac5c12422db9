"""A try after a killed one, or after a lost answer, knows whom the batch was submitted to, and reads new STOPs."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from ovh_sms.clock import SystemClock
from ovh_sms.errors import OutcomeUnknown, Unavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.sending.cancel import CancelRun
from support.opted_out import (
    FIRST,
    PEOPLE,
    SECOND,
    THIRD,
    UPLOAD,
    kill,
    killed_before_the_claim,
    left_out,
    stopped_in_store,
)
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.signed import Signed
from support.tries import NUMBERS, QUICK, SUBMIT_CALL, asked, once, once_claimed, receivers, send, states


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


def test_a_cancelled_run_withdraws_nothing_from_somebody_who_was_left_out(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    # another program has sent just the same to this person meanwhile
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_batch(batch, slot, delay_minutes=60)
    same = {"message": "Bonjour P101", "receivers": [SECOND], "sender": "MYSHOP", "noStopClause": True}
    path = f"/sms/{sandbox.account_name}/jobs"
    assert Signed(sandbox).post(path, {**same, "differedPeriod": 60}).status == 200
    client, store = OvhSmsHook().client, ResultsHook().store
    log = logging.getLogger("cancelled")
    CancelRun(client=client, store=store, dag_id="a_dag", run_id="run_1", clock=SystemClock(), log=log).drain(
        timedelta(0)
    )
    assert receivers(sandbox) == {SECOND}
