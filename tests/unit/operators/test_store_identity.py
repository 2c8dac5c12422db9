"""Results that the workers do not share, or that were lost, know nothing of what was sent: nothing is sent then."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.execution_time import comms, task_runner

from ovh_sms.errors import JournalUnavailable
from ovh_sms.hooks import store_identity as shared
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import check_shared
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.store import migrate
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor

VARIABLE = "ovh_sms_results_id"
OURS, THEIRS = "a" * 32, "b" * 32


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(shared, "LONGEST_PAUSE", 0.01)
    airflow = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    return airflow


def send(run_id: str) -> dict[str, Any]:
    operator: Any = SendJobOperator(
        task_id="send",
        message="Bonjour",
        numbers=["+33639980001", "+33639980002"],
        sender="MYSHOP",
        stop_clause=False,
        campaign="spring",
    )
    return operator.execute(context(run_id=run_id))  # type: ignore[no-any-return]


def received(sandbox: SandboxProcess) -> set[int]:
    """How many messages those got who got any."""
    return set(Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name)).values())


def test_results_that_were_lost_stop_a_second_sending(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send("one")
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    new_store(tmp_path / "data" / "results.sqlite").close()
    with pytest.raises(JournalUnavailable) as caught:
        send("two")
    for part in ("lost", "ovh_sms_results", "PostgreSQL", "OVH_SMS_DATA", f"delete the Variable {VARIABLE}"):
        assert part in str(caught.value)
    assert received(sandbox) == {1}


def test_a_person_who_has_made_sure_lets_it_go_on(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send("one")
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    new_store(tmp_path / "data" / "results.sqlite").close()
    with pytest.raises(JournalUnavailable):
        send("two")
    del task_runner.SUPERVISOR_COMMS.variables[VARIABLE]  # type: ignore[attr-defined]
    assert send("three")["submitted"] == 2


def test_an_order_is_refused_as_well(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", THEIRS)
    order: Any = OrderCreditsOperator(task_id="order", threshold=10**6, quantity=100, max_price=100)
    with pytest.raises(JournalUnavailable):
        order.execute(context())
    assert [each for each in sandbox.orders() if each["account"] == sandbox.account_name] == []


def test_of_two_machines_with_a_file_each_one_sends(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in "AB"}
    monkeypatch.setattr("ovh_sms.hooks.store.default_url", lambda: files[threading.current_thread().name])
    together, ends = threading.Barrier(2), {}

    def machine(name: str) -> None:
        migrate.init(ResultsHook().store)
        together.wait(30)
        try:
            ends[name] = send("the same run")
        except JournalUnavailable as error:
            ends[name] = error

    machines = [threading.Thread(target=machine, args=(name,), name=name) for name in files]
    for each in machines:
        each.start()
    for each in machines:
        each.join()
    assert sorted(type(end).__name__ for end in ends.values()) == ["JournalUnavailable", "dict"]
    assert received(sandbox) == {1}


def test_the_first_results_are_the_ones_that_all_use(airflow: Supervisor) -> None:
    check_shared(OURS, "ovh_sms_results")
    assert airflow.variables == {VARIABLE: OURS}
    airflow.asked.clear()
    check_shared(OURS, "ovh_sms_results")
    assert [type(each) for each in airflow.asked if not isinstance(each, comms.MaskSecret)] == [comms.GetVariable]
    with pytest.raises(JournalUnavailable):
        check_shared(THEIRS, "ovh_sms_results")
    assert airflow.variables == {VARIABLE: OURS}


def test_another_connection_has_a_variable_of_its_own(airflow: Supervisor) -> None:
    check_shared(OURS, "ovh_sms_results")
    check_shared(THEIRS, "elsewhere")
    assert airflow.variables == {VARIABLE: OURS, "elsewhere_id": THEIRS}


def test_others_that_come_at_the_same_moment_are_not_passed_over(airflow: Supervisor) -> None:
    left = f"{VARIABLE}.new.{THEIRS}.{'0' * 32}"
    airflow.variables[left] = "a task that was killed"
    with pytest.raises(JournalUnavailable, match=left):
        check_shared(OURS, "ovh_sms_results")
    assert airflow.variables == {left: "a task that was killed"}
    check_shared(THEIRS, "ovh_sms_results")
    assert airflow.variables[VARIABLE] == THEIRS


@pytest.mark.parametrize(
    ("kind", "there"), [(comms.GetVariable, {VARIABLE: THEIRS}), (comms.PutVariable, {}), (comms.GetVariableKeys, {})]
)
def test_an_airflow_that_does_not_answer_lets_nothing_pass(
    airflow: Supervisor, kind: type, there: dict[str, str]
) -> None:
    airflow.variables.update(there)
    airflow.away.add(kind)
    with pytest.raises(JournalUnavailable, match="does not read or keep"):
        check_shared(OURS, "ovh_sms_results")
    assert airflow.variables == there


def test_never_two_of_many_at_once(airflow: Supervisor) -> None:
    airflow.pause = 0.01
    for _ in range(20):
        airflow.variables.clear()
        passed: list[str] = []
        together = threading.Barrier(4)

        def task(ours: str, together: threading.Barrier = together, passed: list[str] = passed) -> None:
            together.wait(10)
            try:
                check_shared(ours, "ovh_sms_results")
            except JournalUnavailable:
                return
            passed.append(ours)

        tasks = [threading.Thread(target=task, args=(each,)) for each in (OURS, THEIRS, OURS, THEIRS)]
        for each in tasks:
            each.start()
        for each in tasks:
            each.join()
        assert len(set(passed)) <= 1
