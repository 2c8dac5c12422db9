"""Journal of attempts: what is over must not keep others waiting."""

from __future__ import annotations

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.tries import killed_once_answered


def test_a_batch_that_is_known_to_be_over_keeps_no_other_run_waiting(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ResultsHook().store
    given = {"task_id": "send", "message": "Bonjour", "sender": "MYSHOP", "stop_clause": False, "campaign": "c"}
    numbers = ["+33639980001"]
    killed_once_answered(monkeypatch, lambda: SendJobOperator(numbers=numbers, **given).execute(context()), stored=True)
    tag = SendJobOperator(numbers=numbers, **given).execute(context(try_number=2))["tag"]
    attempts = store.attempts.all(tag)
    assert [post.state for post in attempts] == ["succeeded"]
    other = SendJobOperator(numbers=["+33639980002"], **given).execute(context(run_id="run_2"))
    assert other["submitted"] == 1
