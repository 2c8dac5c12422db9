"""A STOP that comes while a batch is about to be claimed leaves its owner out, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import ClaimOutdated, OvhSmsError, ReceiversMismatch
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.late_opt_outs import LateOptOuts
from ovh_sms.sending.receivers_upload import ReceiversUpload
from ovh_sms.store.attempts import Attempts
from ovh_sms.store.held_runs import SEND
from ovh_sms.store.stop_rate import StopRate
from support.leaping_time import LeapingTime
from support.opted_out import FIRST, SECOND, THIRD, UPLOAD, killed_before_the_claim, left_out, stopped_in_store
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import once, receivers, states


def before_each(
    patch: pytest.MonkeyPatch, of: type, name: str, *happens: Callable[[], object], after: bool = False
) -> None:
    """Let something happen before or after each call of a method, the first thing at the first one."""
    left, method = list(happens), getattr(of, name)

    def wrapped(*given: Any, **more: Any) -> Any:
        if left and not after:
            left.pop(0)()
        found = method(*given, **more)
        if left and after:
            left.pop(0)()
        return found

    patch.setattr(of, name, wrapped)


def test_a_stop_between_the_check_and_the_claim_leaves_its_owner_out(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    before_each(monkeypatch, Attempts, "claim", lambda: stopped_in_store(SECOND), lambda: stopped_in_store(THIRD))
    answer = send_batch(batch, slot)
    assert (answer["submitted"], answer["rejected"], states(answer["tag"])) == (
        *(1, {"opted_out_since": 2}),
        ["succeeded"],
    )
    assert (receivers(sandbox), left_out(tmp_path), once(sandbox)) == ({FIRST}, [SECOND, THIRD], 1)


def test_a_stop_of_somebody_else_in_between_changes_nothing(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    before_each(monkeypatch, Attempts, "claim", lambda: stopped_in_store("+33639989999"))
    sandbox.reset_calls()
    assert send_batch(batch, slot)["submitted"] == 3
    assert sandbox.calls("GET /sms/{serviceName}/blacklists") == 1


def test_if_opt_outs_never_end_nothing_is_claimed_and_a_later_try_sends(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)

    def outdated(*given: Any, **more: Any) -> bool:
        raise ClaimOutdated("Somebody in the batch opted out.")

    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "claim", outdated)
        with pytest.raises(OvhSmsError, match="opted out") as error:
            send_batch(batch, slot)
    assert (error.value.is_retryable, receivers(sandbox)) == (True, set())
    assert send_batch(batch, slot)["submitted"] == 3


def test_a_stop_while_the_shorter_list_is_uploaded_leaves_its_owner_out(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    sandbox.block(SECOND)
    before_each(monkeypatch, ReceiversUpload, "run", lambda: sandbox.block(THIRD), after=True)
    sandbox.reset_calls()
    answer = send_batch(batch, slot)
    assert (answer["submitted"], answer["rejected"]) == (1, {"opted_out_since": 2})
    assert (receivers(sandbox), left_out(tmp_path), sandbox.calls(UPLOAD)) == ({FIRST}, [SECOND, THIRD], 2)


def test_a_stop_while_a_run_is_held_for_a_person_leaves_its_owner_out_once_it_is_released(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot, held = upload(batch), ResultsHook().store.held_runs
    held.hold("a_dag", "run_1", StopRate(6, 500), 5.0)

    def released() -> None:
        sandbox.block(SECOND)
        held.decide("a_dag", "run_1", SEND, by="ann")

    leaping.after(400, released)
    sandbox.reset_calls()
    answer = send_batch(batch, slot, report={"stop_threshold": 5.0})
    assert (answer["submitted"], receivers(sandbox)) == (2, {FIRST, THIRD})
    assert sandbox.calls("GET /sms/{serviceName}/blacklists") == 2, "none while it waits for the person"


def test_an_upload_that_is_cleared_after_a_killed_try_brings_nobody_back(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    sandbox.block(SECOND)
    killed_before_the_claim(monkeypatch, batch, upload(batch))
    answer = send_batch(batch, upload(batch))
    assert (answer["submitted"], answer["rejected"]) == (2, {"opted_out_since": 1})
    assert (receivers(sandbox), once(sandbox)) == ({FIRST, THIRD}, 2)


def test_a_list_that_changes_while_people_are_left_out_is_not_sent(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # who is left out is known by the places in the list: another person would be, and texts might be others
    (batch,) = batches(tmp_path, 100, rows=3)
    slot, path = upload(batch), Path(batch["list_path"])
    rows = path.read_bytes()
    stopped_in_store(SECOND)
    before_each(monkeypatch, LateOptOuts, "_opted_out", lambda: path.write_bytes(rows.replace(b"P102", b"X102")))
    with pytest.raises(ReceiversMismatch, match="was written again"):
        send_batch(batch, slot)
    path.write_bytes(rows)
    assert receivers(sandbox) == set()
    assert send_batch(batch, slot)["submitted"] == 2
    assert {each["message"] for each in sandbox.messages(account=sandbox.account_name)} == {
        "Bonjour P100",
        "Bonjour P102",
    }
