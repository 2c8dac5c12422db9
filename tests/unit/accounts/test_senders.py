"""A sender is requested once, also if its answer is lost; its state is shown as OVH has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, RequestRefused
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.request_sender import RequestSenderOperator
from ovh_sms.sending.preflight_rules import check_sender
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.senders import change_sender, senders_of

REQUEST = {"method": "POST", "path": "/sms/*/senders"}

pytestmark = pytest.mark.usefixtures("leaping")


def request(sender: str = "Shop 2", **more: Any) -> dict[str, Any]:
    given = {"deferrable": False, "quiet_period": timedelta(seconds=20), **more}
    return RequestSenderOperator(task_id="request", sender=sender, reason="Our shop", **given).execute(context())


def requests(sandbox: SandboxProcess, name: str = "Shop 2") -> int:
    """How often OVH has accepted a request of the sender."""
    return sum(each["requests"] for each in senders_of(sandbox) if each["name"] == name)


def test_a_sender_is_requested_once_and_read_afterwards(sandbox: SandboxProcess) -> None:
    assert request() == {"sender": "Shop 2", "requested": True, "status": "waiting validation", "comment": ""}
    change_sender(sandbox, "Shop 2", status="refused", comment="Not your name")
    again = {"sender": "Shop 2", "requested": False, "status": "refused", "comment": "Not your name"}
    assert request() == again
    assert requests(sandbox) == 1


def test_a_sender_that_the_account_has_is_not_requested(sandbox: SandboxProcess) -> None:
    sandbox.reset_calls()
    assert request("MYSHOP")["status"] == "enabled"
    assert sandbox.calls("POST /sms/{serviceName}/senders") == 0


@pytest.mark.parametrize("kind", ["lost_answer", "half_body", "reset_before"])
def test_a_lost_answer_is_found_by_reading_the_sender(sandbox: SandboxProcess, kind: str) -> None:
    sandbox.fault(kind, **REQUEST)
    with pytest.raises(OutcomeUnknown):
        request()
    assert request()["status"] == "waiting validation"
    assert requests(sandbox) == 1


def test_a_sender_that_ovh_shows_late_is_waited_for(sandbox: SandboxProcess) -> None:
    sandbox.reset_calls()
    sandbox.fault("late_listing", seconds=8, answer="lost", **REQUEST)
    with pytest.raises(OutcomeUnknown):
        request()
    assert request()["status"] == "waiting validation"
    assert sandbox.calls("POST /sms/{serviceName}/senders") == requests(sandbox) == 1


def test_a_process_that_was_killed_after_the_request_does_not_repeat_it(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.store.attempts import Attempts

    def killed(*args: object, **more: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "succeed", killed)
        with pytest.raises(KeyboardInterrupt):
            request()
    assert request()["requested"]
    assert requests(sandbox) == 1


def test_a_sender_that_was_deleted_long_ago_may_be_requested_again(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.accounts import senders
    from support.signed import Signed

    request()
    Signed(sandbox).delete(f"/sms/{sandbox.account_name}/senders/Shop 2")
    assert not request()["requested"], "OVH may only show it late"
    monkeypatch.setattr(senders, "_SHOWN_WITHIN", timedelta(0))
    assert request()["requested"]
    assert requests(sandbox) == 2


def test_what_ovh_refuses_is_an_error(sandbox: SandboxProcess) -> None:
    sandbox.fault("status", status=400, **REQUEST)
    with pytest.raises(RequestRefused):
        request()
    with pytest.raises(ConfigurationError, match="cannot be a sender"):
        request("A name that is too long")
    assert requests(sandbox) == 0


def test_a_lost_answer_to_a_code_is_found_by_reading_the_sender(sandbox: SandboxProcess) -> None:
    from ovh_sms.accounts.senders import validate_sender

    request("+33639980078")
    (code,) = [each["code"] for each in senders_of(sandbox) if each["code"]]
    client = OvhSmsHook().client
    for kind in ("reset_before", "lost_answer"):
        sandbox.fault(kind, method="POST", path="/sms/*/validate")
    with pytest.raises(OutcomeUnknown):
        validate_sender("+33639980078", code, client=client)
    assert validate_sender("+33639980078", code, client=client).status == "enabled"
    with pytest.raises(NotFound):
        validate_sender("NOBODY", code, client=client)


def test_preflight_says_why_a_sender_cannot_be_used(sandbox: SandboxProcess) -> None:
    from ovh_sms.errors import SenderNotEnabled

    request("+33639980079")
    change_sender(sandbox, "MYSHOP", expires_in=-1)
    senders = OvhSmsHook().client.senders.all()
    for name, words in (
        ("WAITING", "'waiting validation'.*Wait for its validation by OVH"),
        ("REFUSED", "'refused'.*OVH says: 'The sender name does not belong to your company'.*Request another sender"),
        ("+33639980079", r"by the code that OVH sent to it"),
        ("MYSHOP", "its status is 'disabled'"),
        ("ABSENT", "does not exist on this account .*'ovh-sms senders request'"),
    ):
        with pytest.raises(SenderNotEnabled, match=words):
            check_sender(name, senders)


def test_two_runs_share_one_attempt(sandbox: SandboxProcess) -> None:
    request()
    request(account=sandbox.account_name)
    assert ResultsHook().store.attempts.count() == 1
