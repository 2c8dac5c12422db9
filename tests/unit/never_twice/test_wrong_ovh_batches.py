"""OVH batches that hold another list than they were given: cancelled, also if that takes more than one try."""

from __future__ import annotations

import pytest

from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.ovh_batch_post import OvhBatchPost
from ovh_sms.sending.ovh_batch_watch import OvhBatchWatch
from support.sandbox import SandboxProcess
from support.tries import once
from unit.never_twice.test_ovh_batches import CANCEL, CREATE, batches, send_it


@pytest.mark.parametrize("answer", ["500", "lost"])
def test_a_wrong_one_that_ovh_does_not_cancel_at_once_is_cancelled_later(sandbox: SandboxProcess, answer: str) -> None:
    about = {"kind": "status", "status": 500} if answer == "500" else {"kind": "lost_answer"}
    sandbox.fault("partial", count=3, **CREATE)
    sandbox.fault(**about, **CANCEL)
    with pytest.raises(OutcomeUnknown):
        send_it()
    with pytest.raises(ReceiversMismatch, match="3 receivers instead of 5"):
        send_it(try_number=2)
    assert (batches(sandbox), once(sandbox)) == (["CANCELED"], 0)
    (record,) = ResultsHook().store.submissions.of_run("a_dag", "run_1")
    assert (record.submitted, record.credits_spent) == (0, 0), "nothing of it counts as sent"


def test_the_next_try_knows_that_the_receivers_slot_was_replaced(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OVH lists the batch late: another process reads it first."""
    checks = iter([None, ReceiversMismatch("The receivers slot was replaced.")])

    def check(_: OvhBatchPost) -> None:
        if (error := next(checks, None)) is not None:
            raise error

    monkeypatch.setattr(OvhBatchPost, "_check_receivers", check)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OvhBatchWatch, "run", _killed)
        with pytest.raises(KeyboardInterrupt):
            send_it()
    with pytest.raises(ReceiversMismatch, match="receivers slot that was replaced"):
        send_it(try_number=2)
    assert once(sandbox) == 0


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
