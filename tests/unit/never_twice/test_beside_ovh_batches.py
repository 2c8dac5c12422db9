"""A lost answer beside an OVH batch of another run that is cancelled meanwhile."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.errors import OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.cancel import CancelRun
from support.sandbox import SandboxProcess
from support.tries import SUBMIT_CALL, once, send
from unit.never_twice.test_ovh_batches import TIMES


def send_another(*, delay_minutes: int) -> None:
    """Send an OVH batch of another campaign to five other people."""
    receivers = [f"+336399801{n:02d}" for n in range(5)]
    other = {"run_id": "other", "campaign": "other", "message": "Bonsoir", "numbers": receivers}
    send(via="ovh_batches", delay_minutes=delay_minutes, **TIMES, **other)


def test_the_cancelled_messages_of_another_run_leave_no_question(sandbox: SandboxProcess) -> None:
    send_another(delay_minutes=60)
    sandbox.clock(advance=1.1)
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    run = {"dag_id": "a_dag", "run_id": "other", "log": logging.getLogger("cancel")}
    cancelled = CancelRun(client=OvhSmsHook().client, store=ResultsHook().store, clock=SystemClock(), **run)
    cancelled.drain(timedelta(seconds=1))
    assert cancelled.withdrawn == 5
    assert send(try_number=2)["submitted"] == 5
    assert once(sandbox) == 5


def test_the_messages_of_another_run_that_leave_meanwhile_leave_no_question(sandbox: SandboxProcess) -> None:
    send_another(delay_minutes=5)
    sandbox.clock(advance=1.1)
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.clock(advance=600)
    assert OvhSmsHook().client.jobs.pending_ids() == []
    assert send(try_number=2)["submitted"] == 5
    assert once(sandbox) == 10
