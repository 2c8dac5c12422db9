"""Whom OVH has really sent to: refused numbers are never forgotten, and a wrong list never passes for the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import OutcomeUnknown, WrongReceivers
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import QUICK, SUBMIT_CALL, asked, held, killed_once_answered, once, receivers, stop_once_claimed

BLOCKED = "+33639980102"


def kept(folder: Path, name: str) -> list[str]:
    """The numbers in the one file of that name."""
    (path,) = folder.rglob(name)
    assert path.stat().st_mode & 0o077 == 0
    return path.read_text().split()[1:]


def test_refused_numbers_are_in_their_file_before_the_answer_counts(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a task killed after that need not have written anything more
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    stop_once_claimed(monkeypatch, sandbox, BLOCKED)
    killed_once_answered(monkeypatch, lambda: send_batch(batch, slot, stop_clause=True), stored=True)
    assert kept(tmp_path, "refused_receivers.csv") == [BLOCKED]
    answer = send_batch(batch, slot, stop_clause=True)
    assert (answer["submitted"], answer["refused"]) == (2, 1)
    assert once(sandbox) == 2


def test_refused_numbers_whose_answer_was_lost_are_asked_about(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OVH names refused receivers only once: later it shows two of three
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    stop_once_claimed(monkeypatch, sandbox, BLOCKED)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_batch(batch, slot, stop_clause=True)
    question = asked(lambda: send_batch(batch, slot, stop_clause=True, **QUICK))
    assert "2 of 3" in question.says
    (path,) = tmp_path.rglob("receivers_not_found.csv")
    assert [line.split(";")[0] for line in path.read_text().splitlines()[1:]] == [BLOCKED]
    assert once(sandbox) == 2


def test_a_list_that_is_lost_during_the_post_makes_no_second_one(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    stop_once_claimed(monkeypatch, sandbox, BLOCKED)
    with held(sandbox, lambda: send_batch(batch, slot, stop_clause=True), kind="hold_after", **SUBMIT_CALL) as slow:
        Path(batch["list_path"]).unlink()
    assert slow.error is None
    assert slow.made["refused"] == 1
    assert send_batch(batch, slot, stop_clause=True) == slow.made
    assert once(sandbox) == 2


def take_the_place(sandbox: SandboxProcess, folder: Path, slot: dict[str, Any]) -> None:
    """The tear-down runs a second time, and another run's list of the same length gets the number."""
    FreeReceiversSlotOperator(task_id="free", receivers=slot).execute(context(task_id="free"))
    (other,) = batches(folder, 500, run_id="run_2", rows=3)
    assert upload(other, run_id="run_2")["slot"] == slot["slot"]


def test_a_wrong_list_of_the_same_length_is_an_error(sandbox: SandboxProcess, tmp_path: Path) -> None:
    # it took the right one's place after the last check of it, while the POST was on its way
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    with held(sandbox, lambda: send_batch(batch, slot), **SUBMIT_CALL) as submitting:
        take_the_place(sandbox, tmp_path, slot)
    assert isinstance(submitting.error, WrongReceivers)
    assert "3 numbers that are not on the list" in str(submitting.error)
    assert "+33" not in str(submitting.error)
    strangers = {f"+33639980{n}" for n in range(500, 503)}
    assert set(kept(tmp_path, "sent_but_not_on_the_list.csv")) == receivers(sandbox) == strangers
    with pytest.raises(WrongReceivers):  # and never becomes a success, however often it is cleared
        send_batch(batch, slot)
    assert once(sandbox) == 3


def test_a_wrong_list_is_an_error_though_the_answer_was_lost(sandbox: SandboxProcess, tmp_path: Path) -> None:
    # as many messages are there as should be, under the right tag, and to the wrong people
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    last_check = {"kind": "hold_after", "method": "GET", "path": "/sms/*/receivers/*"}
    with held(sandbox, lambda: send_batch(batch, slot), **last_check) as submitting:
        take_the_place(sandbox, tmp_path, slot)
        sandbox.fault("lost_answer", **SUBMIT_CALL)
    assert isinstance(submitting.error, OutcomeUnknown)
    sandbox.clock(advance=60)
    for _ in range(2):
        with pytest.raises(WrongReceivers, match="3 numbers that are not on the list"):
            send_batch(batch, slot, **QUICK)
    assert set(kept(tmp_path, "sent_but_not_on_the_list.csv")) == receivers(sandbox)
    assert once(sandbox) == 3
