"""The task that sets callbacks logs each change first; its log and its result hold no secret."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError, JournalUnavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound import configure_callbacks
from ovh_sms.inbound.callback_addresses import secret_in
from ovh_sms.inbound.configure_callbacks import AppliedCallbacks
from ovh_sms.operators.configure_callbacks import ConfigureCallbacksOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.signed import Signed

URL = "https://airflow.example.com"


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess) -> None:
    monkeypatch.setattr(configure_callbacks, "_KNOWN_AFTER", 0.01)


def configure(**given: Any) -> dict[str, Any]:
    return ConfigureCallbacksOperator(task_id="set", **{"url": URL, **given}).execute(context(task_id="set"))


def test_the_log_has_the_change_before_it_is_made(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    apply = configure_callbacks.apply_callbacks

    def watched(*given: Any, **more: Any) -> AppliedCallbacks:
        seen.extend(capfd.readouterr().out.splitlines())
        return apply(*given, **more)

    monkeypatch.setattr(configure_callbacks, "apply_callbacks", watched)
    done = configure()
    assert all(any(line in each for each in seen) for line in done["changes"])
    assert len(done["changes"]) == 4


def test_neither_log_nor_result_holds_the_secret_and_airflow_masks_it(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import airflow.sdk.log

    caplog.set_level(logging.DEBUG)
    masked: list[Any] = []
    monkeypatch.setattr(airflow.sdk.log, "mask_secret", masked.append)
    done = [configure(), configure(rotate=True), configure(url=None)]
    secrets = {each for each in masked if isinstance(each, str) and each.startswith("ovhcb_")}
    assert len(secrets) == 2
    printed = "".join(capfd.readouterr())
    assert "smsResponse.cgiUrl" in printed
    shown = str(done) + printed + " ".join(record.getMessage() for record in caplog.records)
    assert not [each for each in (*secrets, "/ovh-sms-callbacks/") if each in shown]


def test_neither_log_nor_result_holds_the_address_of_another_program(
    sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    Signed(sandbox).put(f"/sms/{sandbox.account_name}", {"callBack": "https://shop.example/token-of-the-shop"})
    done = configure(replace=True)
    assert "callBack: another program's -> ours" in done["changes"]
    assert "shop" not in str(done) + "".join(capfd.readouterr())


def test_results_that_the_other_workers_do_not_share_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.execution_time import task_runner

    monkeypatch.setattr(task_runner.SUPERVISOR_COMMS, "variables", {})
    with pytest.raises(JournalUnavailable):
        configure()
    assert OvhSmsHook().client.callbacks.read()["callBack"] is None


def test_a_user_of_the_account(sandbox: SandboxProcess) -> None:
    Signed(sandbox).post(f"/sms/{sandbox.account_name}/users", {"login": "desk", "password": "Secret01"})
    done = configure(login="desk")
    assert (done["login"], len(done["changes"])) == ("desk", 2)
    found = OvhSmsHook().client.callbacks
    assert secret_in(found.read("desk")["callBack"]) is not None
    assert found.read()["callBack"] is None


def test_another_programs_address_stays(sandbox: SandboxProcess) -> None:
    Signed(sandbox).put(f"/sms/{sandbox.account_name}", {"callBack": "https://shop.example/dlr"})
    with pytest.raises(ConfigurationError, match="another program"):
        configure()
    assert configure(kinds=("reply", "stop"))["changes"]
    assert OvhSmsHook().client.callbacks.read()["callBack"] == "https://shop.example/dlr"
