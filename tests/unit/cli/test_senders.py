"""``ovh-sms senders`` on the sandbox: the list, a request that is made once, and a code."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.hooks.store_identity import variable_name
from support.cli import Command, process
from support.sandbox import SandboxProcess
from support.senders import senders_of

pytestmark = pytest.mark.usefixtures("leaping", "results")


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def results(airflow_database: None, sandbox: SandboxProcess, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models.variable import Variable

    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)  # as a command, not as a task
    Variable.delete(variable_name("ovh_sms_results"))
    assert ovh_sms("db", "init").code == 0


def test_the_command_lists_requests_and_validates(sandbox: SandboxProcess, ovh_sms: Command) -> None:
    listed = ovh_sms("senders", "list").out
    assert "WAITING" in listed
    assert "REFUSED          refused: The sender name does not belong to your company" in listed
    assert ovh_sms("senders", "request", "+33639980077").out == (
        "Requested: the sender +33639980077 is waiting for validation.\n"
    )
    assert ovh_sms("senders", "request", "+33639980077").out.startswith("Nothing was requested now: the sender")
    (code,) = [each["code"] for each in senders_of(sandbox) if each["code"]]
    wrong = ovh_sms("senders", "validate", "+33639980077", "no")
    assert (wrong.code, "code is wrong" in wrong.err) == (2, True)
    right = ovh_sms("senders", "validate", "+33639980077", code)
    assert right.out == "The sender +33639980077 is enabled.\n"
    assert ovh_sms("senders", "validate", "+33639980077", "no").out == right.out, "it is enabled already"
    shown = json.loads(ovh_sms("senders", "list", "--json").out)["senders"]
    (shop,) = [each for each in shown if each["sender"] == "MYSHOP"]
    assert (shop["status"], shop["kind"], shop["description"]) == ("enabled", "alpha", "Opened for sending")
    assert ovh_sms("senders", "validate", "NOBODY", "1").code == 2


def test_a_request_whose_answer_is_lost_is_reconciled_at_once(sandbox: SandboxProcess, ovh_sms: Command) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/senders")
    assert ovh_sms("senders", "request", "Shop 2").out == "Requested: the sender Shop 2 is waiting for validation.\n"
    assert [each["requests"] for each in senders_of(sandbox) if each["name"] == "Shop 2"] == [1]
