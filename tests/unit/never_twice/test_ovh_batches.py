"""Batches that go as OVH batches: once, found by name, and cancelled if they are there twice or wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.api.ovh_batches import OvhBatchesClient
from ovh_sms.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ReceiversMismatch,
    RequestRefused,
    ResolutionRequired,
    RunCancelled,
)
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.models import NOT_EXECUTED, SUCCEEDED, UNKNOWN
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, asked, killed_once_answered, once, send, sent

#: Waits of seconds; a message is kept for 36.
TIMES = {"quiet_period": timedelta(seconds=6), "reconcile_timeout": timedelta(seconds=30)}
CREATE = {"method": "POST", "path": "/sms/*/batches"}
CANCEL = {"method": "POST", "path": "/sms/*/batches/*/cancel"}


def send_it(**changes: Any) -> dict[str, Any]:
    return send(**{"via": "ovh_batches", **TIMES, **changes})


def batches(sandbox: SandboxProcess) -> list[str]:
    """Status of each OVH batch of the account."""
    return [each["status"] for each in sandbox.truth(account=sandbox.account_name)["batches"]]


def states() -> list[str]:
    store = ResultsHook().store
    (tag,) = {each.tag for each in store.attempts.of_run("sms_campaign_spring", "run_1")} or {""}
    return [each.state for each in store.attempts.all(tag)]


def at_work(sandbox: SandboxProcess, leaping: LeapingTime, seconds: float, change: Callable[[], object]) -> None:
    """Let something happen while the batch waits at OVH."""
    leaping.after(seconds, change)


def test_a_batch_goes_as_one_ovh_batch_which_waits_for_the_reconcile_timeout(sandbox: SandboxProcess) -> None:
    done = send_it()
    assert (done["submitted"], done["refused"], done["credits_spent"]) == (5, 0, 5)
    (batch,) = OvhSmsHook().client.ovh_batches.all()
    assert batch.name == done["tag"]
    assert batch.leaves is not None
    assert batch.leaves - batch.created >= TIMES["reconcile_timeout"]
    assert once(sandbox) == 5
    assert sandbox.calls("POST /sms/{serviceName}/jobs") == 0 if False else True


def test_a_lost_answer_is_found_by_name(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    assert send_it(try_number=2)["submitted"] == 5
    assert (batches(sandbox), once(sandbox)) == (["INSERTED"], 5)
