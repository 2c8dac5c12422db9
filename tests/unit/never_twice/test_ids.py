"""Pending messages are matched by OVH's ids if the results hold them; not by their text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.cli.cancel import cancel_run
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, OvhSmsError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.cancel_run import CancelRunOperator
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import batches, campaign, send_batch, upload
from support.tries import QUICK, SUBMIT_CALL, once, send, sent

LATER = {"delay_minutes": 60}


@pytest.fixture
def include(sandbox: SandboxProcess, tmp_path: Path) -> Path:
    campaign(tmp_path)
    return tmp_path


def stop(include: Path, run: str) -> str:
    spring = load_file(include / "campaigns" / "spring.yaml", Campaign)
    return str(cancel_run(spring, OvhSmsHook(), run=run, dry_run=False, watch=0, report=lambda _: None))


def lost(sandbox: SandboxProcess, make: Callable[[], Any]) -> None:
    """A POST that never reaches OVH."""
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        make()


def not_adopted(sandbox: SandboxProcess, make: Callable[[], Any]) -> None:
    """The try may send, or ask a person; a green one has messages under its tag."""
    try:
        answer = make()
    except (AirflowFailException, OvhSmsError):
        return
    assert len(sandbox.messages(answer["tag"], account=sandbox.account_name)) == answer["submitted"]


def test_those_of_another_campaign_that_sends_meanwhile_are_not_adopted(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    patient = {"quiet_period": timedelta(seconds=4), "reconcile_timeout": timedelta(seconds=10)}
    lost(sandbox, lambda: send(campaign="a", **LATER))
    leaping.after(1.5, lambda: send(run_id="b", campaign="b", force=True, **LATER))
    not_adopted(sandbox, lambda: send(campaign="a", **patient, **LATER))


def test_the_same_text_from_another_template_is_not_adopted(sandbox: SandboxProcess, include: Path) -> None:
    (batch,) = batches(include, 100, rows=1)
    slot = upload(batch)
    lost(sandbox, lambda: send_batch(batch, slot, **LATER, **QUICK))
    send(run_id="b", campaign="b", message="Bonjour P100", numbers=["+33639980100"], force=True, **LATER)
    not_adopted(sandbox, lambda: send_batch(batch, slot, **LATER, **QUICK))


def test_a_cancellation_leaves_those_of_another_campaign(
    sandbox: SandboxProcess, include: Path, leaping: LeapingTime
) -> None:
    # the cancelled run never reached OVH; the other one sent the same to the same people, before and after it
    (batch,) = batches(include, 100, run_id="one", rows=1)
    slot = upload(batch, run_id="one")
    send(run_id="b", campaign="b", message="Bonjour P100", numbers=["+33639980100"], force=True, **LATER)
    lost(sandbox, lambda: send_batch(batch, slot, run_id="one", force=True, **LATER))
    leaping.sleep(1.2)
    send_batch(batch, slot, run_id="two", campaign="autumn", force=True, **LATER)
    assert "Run one: 0 messages were withdrawn" in stop(include, "one")
    assert len(sandbox.messages(account=sandbox.account_name)) == 2


def test_a_dag_of_ones_own_is_stopped_without_a_file(sandbox: SandboxProcess) -> None:
    send(**LATER)
    task = CancelRunOperator(
        task_id="cancel", cancelled_dag_id="a_dag", cancelled_run_id="run_1", quiet_period=timedelta(seconds=1)
    )
    assert task.execute(context(task_id="cancel"))["withdrawn"] == 5
    nobody = CancelRunOperator(task_id="cancel", cancelled_dag_id="a_dag", cancelled_run_id="")
    with pytest.raises(ConfigurationError, match="not named"):
        nobody.execute(context(task_id="cancel"))


def test_messages_are_withdrawn_by_the_text_that_was_sent_if_the_file_changed_since(
    sandbox: SandboxProcess, include: Path
) -> None:
    # the typo is mended in the file, then the run is cancelled; one answer was lost
    for at, batch in enumerate(batches(include, 100, run_id="one")):
        slot = upload(batch, at, run_id="one")
        if at == 0:
            send_batch(batch, slot, at, run_id="one", **LATER)
        else:
            sandbox.fault("lost_answer", **SUBMIT_CALL)
            with pytest.raises(OutcomeUnknown):
                send_batch(batch, slot, at, run_id="one", **LATER)
    campaign(include, "Bonjour cher #prenom#")
    assert "5 messages were withdrawn" in stop(include, "one")
    assert sandbox.messages(account=sandbox.account_name) == []


def test_refunded_credits_do_not_hide_those_that_were_taken(
    sandbox: SandboxProcess, include: Path, leaping: LeapingTime
) -> None:
    # a typo is cancelled, the same people get the right text, its answer is lost, and OVH lists it late
    send(run_id="typo", campaign="spring", message="Bonjuor", **LATER)
    sandbox.fault("late_listing", seconds=8, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="right", campaign="spring", **LATER)
    assert "5 messages were withdrawn" in stop(include, "typo")
    not_adopted(sandbox, lambda: send(run_id="right", campaign="spring", **LATER))
    leaping.sleep(8)
    assert once(sandbox) == 5
    assert max(sent(sandbox).values()) == 1


def test_messages_known_by_ids_and_messages_found_by_text_are_both_withdrawn(
    sandbox: SandboxProcess, include: Path
) -> None:
    for at, batch in enumerate(batches(include, 100, run_id="one")):
        slot = upload(batch, at, run_id="one")
        if at == 1:
            send_batch(batch, slot, at, run_id="one", **LATER)
        else:
            sandbox.fault("lost_answer", **SUBMIT_CALL)
            with pytest.raises(OutcomeUnknown):
                send_batch(batch, slot, at, run_id="one", **LATER)
    assert "Run one: 5 messages were withdrawn" in stop(include, "one")
    assert sandbox.messages(account=sandbox.account_name) == []
