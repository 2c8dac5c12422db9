"""Journal of attempts: what is over must not keep others waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.operators.send_job import SendJobOperator
from support.airflow_task import Store, context
from support.sandbox import SandboxProcess
from support.stores import new_store


class KilledOnceAnswered(Store):
    """The process ends right after the answer was kept."""

    def set(self, key: str, value: object, **kept: object) -> None:
        super().set(key, value)
        if isinstance(value, dict) and value["state"] == "succeeded":
            raise KeyboardInterrupt


def test_a_batch_that_is_known_to_be_over_keeps_no_other_run_waiting(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", f"sqlite:///{tmp_path}/results.sqlite")
    store = new_store(f"sqlite:///{tmp_path}/results.sqlite")
    given = {"task_id": "send", "message": "Bonjour", "sender": "MYSHOP", "stop_clause": False, "campaign": "c"}
    killed = KilledOnceAnswered()
    numbers = ["+33639980001"]
    with pytest.raises(KeyboardInterrupt):
        SendJobOperator(numbers=numbers, **given).execute(context(killed))
    again = Store()
    again.kept = killed.kept
    tag = SendJobOperator(numbers=numbers, **given).execute(context(again, try_number=2))["tag"]
    attempts = store.attempts.all(tag)
    assert [post.state for post in attempts] == ["succeeded"]
    other = SendJobOperator(numbers=["+33639980002"], **given).execute(context(Store(), run_id="run_2"))
    assert other["submitted"] == 1
