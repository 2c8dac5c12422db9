"""The Airflow pool that tasks run in: that of OVH_SMS_POOL, unless the DAG says which."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG

from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.invalid_file import InvalidFileOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

SENSOR: dict[str, Any] = {"task_id": "collect", "submission": {}}
SEND: dict[str, Any] = {"task_id": "send", "message": "Bonjour", "numbers": ["+33639980012"]}
TASKS = [(OvhSmsOperator, {"task_id": "any"}), (SendJobOperator, SEND), (CollectOutgoingSensor, SENSOR)]
each = pytest.mark.parametrize(("kind", "given"), TASKS, ids=lambda value: getattr(value, "__name__", ""))


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_POOL", " ovh_sms ")


@each
def test_a_task_runs_in_the_pool_that_the_variable_names(kind: type, given: dict[str, Any]) -> None:
    assert kind(**given).pool == "ovh_sms"


@each
def test_a_pool_that_is_given_wins(kind: type, given: dict[str, Any]) -> None:
    assert kind(**given, pool="mine").pool == "mine"
    assert kind(**given, pool=None).pool == "default_pool"
    with DAG("a_dag", schedule=None, default_args={"pool": "of_the_dag"}):
        assert kind(**given).pool == "of_the_dag"
        assert kind(**{**given, "task_id": "another"}, pool="mine").pool == "mine"


@each
@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_a_name_it_is_airflows_own_pool(
    kind: type, given: dict[str, Any], value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("OVH_SMS_POOL")
    else:
        monkeypatch.setenv("OVH_SMS_POOL", value)
    assert kind(**given).pool == "default_pool"


@pytest.mark.parametrize(
    ("more", "pool"), [({}, "ovh_sms"), ({"pool": "mine"}, "mine"), ({"default_args": {"pool": "theirs"}}, "theirs")]
)
def test_a_mapped_task_is_in_the_same_pool(more: dict[str, Any], pool: str) -> None:
    with DAG("a_dag", schedule=None):
        send = SendJobOperator.partial(task_id="send", message="Bonjour", **more)
        collect = CollectOutgoingSensor.partial(task_id="collect", **more)
        mapped = send.expand(numbers=[["+33639980012"]]), collect.expand(submission=[{}])
    assert [task.pool for task in mapped] == [pool, pool]


def test_an_invalid_file_is_an_error_with_and_without_the_pool() -> None:
    assert InvalidFileOperator(task_id="invalid_file", error="what is wrong").pool == "default_pool"
