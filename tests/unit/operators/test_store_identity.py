"""A results database that the workers do not share, or that was lost or restored, lets nothing be sent."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time import comms, task_runner

from ovh_sms.errors import DuplicateSubmission, JournalUnavailable, OutcomeUnknown, ScheduleTooOld
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import StoreMark, check_shared, note_attempts
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending.restored_messages import RestoredMessages
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor
from support.tries import QUICK
from unit.store.attempt_samples import IN_FLIGHT, an_attempt

VARIABLE = "ovh_sms_results_id"
THEIRS = "b" * 32


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    airflow = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    return airflow


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path / "results.sqlite")


def send(
    run_id: str, *, message: str = "Bonjour", run_after: datetime | None = None, force: bool = False, **changes: Any
) -> dict[str, Any]:
    given = {"numbers": ["+33639980001", "+33639980002"], **changes}
    operator: Any = SendJobOperator(
        task_id="send", message=message, sender="MYSHOP", **{"stop_clause": False, "campaign": "spring", **given}
    )
    run = SimpleNamespace(run_type="manual", conf={"force": force}, run_after=run_after or datetime.now(UTC))
    return operator.execute({**context(run_id=run_id), "dag_run": run})  # type: ignore[no-any-return]


def received(sandbox: SandboxProcess) -> set[int]:
    """How many messages those got who got any."""
    return set(Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name)).values())


def test_a_database_that_was_lost_submits_nothing_again(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send("one")
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    new_store(tmp_path / "data" / "results.sqlite").close()
    with pytest.raises(JournalUnavailable) as caught:
        send("two")
    for part in ("replaced", "ovh_sms_results", "PostgreSQL", "OVH_SMS_DATA", "ovh-sms db restored"):
        assert part in str(caught.value)
    assert received(sandbox) == {1}


def test_a_database_that_was_restored_from_a_back_up_sends_nothing(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send("one")
    shutil.copy(tmp_path / "data" / "results.sqlite", tmp_path / "back_up.sqlite")
    send("two", numbers=["+33639980003"])
    ResultsHook().store.close()
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "back_up.sqlite", tmp_path / "data" / "results.sqlite")
    with pytest.raises(JournalUnavailable, match="holds 1 attempts, and at least 2 were claimed"):
        send("three")
    assert received(sandbox) == {1}


def test_after_a_restoration_new_runs_send_and_those_of_before_do_not(sandbox: SandboxProcess, tmp_path: Path) -> None:
    began = datetime.now(UTC)
    first = send("one", run_after=began)
    shutil.copy(tmp_path / "data" / "results.sqlite", tmp_path / "back_up.sqlite")
    send("two", numbers=["+33639980003"], run_after=began)
    old = Store(f"sqlite:///{tmp_path}/old.sqlite")
    shutil.copy(tmp_path / "data" / "results.sqlite", tmp_path / "old.sqlite")
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "back_up.sqlite", tmp_path / "data" / "results.sqlite")
    restored = ResultsHook().store
    restored.identity.mark_restored()
    variables = task_runner.SUPERVISOR_COMMS.variables  # type: ignore[attr-defined]
    variables[VARIABLE] = str(StoreMark.of(restored))
    assert send("one", run_after=began) == first
    for force in (False, True):  # given when the run was started, and so not for this
        with pytest.raises(ScheduleTooOld, match="restored"):
            send("three", numbers=["+33639980003"], run_after=began, force=force)
    with pytest.raises(JournalUnavailable, match="another results database"):
        check_shared(old, "ovh_sms_results")
    assert send("four", numbers=["+33639980004"])["submitted"] == 1
    assert received(sandbox) == {1}


def restored_to(tmp_path: Path, *, marketing: tuple[str, ...] = ()) -> Store:
    """Go back to the back-up, as ``ovh-sms db restored`` does."""
    ResultsHook().store.close()
    for file in (tmp_path / "data").glob("results.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "back_up.sqlite", tmp_path / "data" / "results.sqlite")
    store = ResultsHook().store
    reader = RestoredMessages(OvhSmsHook().client, store, marketing)
    reader.record(reader.read())
    store.identity.mark_restored()
    task_runner.SUPERVISOR_COMMS.variables[VARIABLE] = str(StoreMark.of(store))  # type: ignore[attr-defined]
    return store


@pytest.mark.parametrize("minutes", [0, 60])
@pytest.mark.parametrize("marketing", [False, True])
def test_after_a_restoration_a_new_run_sends_nobody_what_was_sent_since_the_back_up(
    sandbox: SandboxProcess, tmp_path: Path, minutes: int, marketing: bool
) -> None:
    numbers = ["+33639980001", "+33639980002"]
    given = {"stop_clause": marketing, "delay_minutes": minutes, "numbers": numbers}
    shutil.copy(tmp_path / "data" / "results.sqlite", tmp_path / "back_up.sqlite")
    began = datetime.now(UTC)
    send("one", run_after=began, **given)
    sandbox.clock(advance=120)  # with a delay they still wait
    restored_to(tmp_path, marketing=("Bonjour", "Bonsoir #nom#"))
    for changes in ({}, {"campaign": "autumn"}, {"numbers": [*numbers, "+33639980003"]}):
        with pytest.raises(DuplicateSubmission, match=r"2 of \d receivers were already sent"):
            send("two", **{**given, **changes})
    with pytest.raises(ScheduleTooOld):
        send("one", run_after=began, **given)
    assert send("three", message="Bonsoir", **given)["submitted"] == 2
    assert send("four", **{**given, "numbers": ["+33639980004"]})["submitted"] == 1
    assert received(sandbox) == {1, 2}


def test_a_batch_that_was_pending_at_the_back_up_is_adopted_after_the_restoration(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
    with pytest.raises(OutcomeUnknown):
        send("one", run_after=began, delay_minutes=10, **QUICK)
    shutil.copy(tmp_path / "data" / "results.sqlite", tmp_path / "back_up.sqlite")
    store = restored_to(tmp_path)
    assert store.attempts.count() == 2
    sandbox.clock(advance=700)
    assert send("one", run_after=began, delay_minutes=10, **QUICK)["submitted"] == 2
    assert received(sandbox) == {1}


def test_without_the_variable_nothing_is_sent(sandbox: SandboxProcess) -> None:
    del task_runner.SUPERVISOR_COMMS.variables[VARIABLE]  # type: ignore[attr-defined]
    with pytest.raises(JournalUnavailable, match="ovh-sms db init"):
        send("one")
    assert received(sandbox) == set()


def test_an_order_is_refused_as_well(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", f"{THEIRS} 0")
    order: Any = OrderCreditsOperator(task_id="order", threshold=10**6, quantity=100, max_price=100)
    with pytest.raises(JournalUnavailable, match="another results database"):
        order.execute(context())
    assert [each for each in sandbox.orders() if each["account"] == sandbox.account_name] == []


def test_the_number_of_attempts_only_grows(sandbox: SandboxProcess) -> None:
    variables = task_runner.SUPERVISOR_COMMS.variables  # type: ignore[attr-defined]
    identity = variables[VARIABLE].split()[0]
    send("one")
    assert variables[VARIABLE] == f"{identity} 1"
    variables[VARIABLE] = f"{identity} 1"
    note_attempts(ResultsHook().store, "ovh_sms_results")
    assert variables[VARIABLE] == f"{identity} 1"


class BusyAirflow(Supervisor):
    """Lets something happen at the moment when the next Variable is read."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []

    def send(self, message: Any) -> Any:
        if isinstance(message, comms.GetVariable) and self.meanwhile:
            self.meanwhile.pop()()
        return super().send(message)


def test_an_attempt_that_another_worker_claims_meanwhile_is_no_lost_one(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    airflow = BusyAirflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    airflow.variables[VARIABLE] = f"{store.identity.read()} 0"

    def claim_and_note() -> None:
        assert store.attempts.claim(an_attempt(), in_flight_window=IN_FLIGHT)
        note_attempts(store, "ovh_sms_results")

    airflow.meanwhile.append(claim_and_note)
    check_shared(store, "ovh_sms_results")
    assert airflow.variables[VARIABLE].endswith(" 1")


def test_another_databases_mark_is_never_written_over(airflow: Supervisor, store: Store) -> None:
    airflow.variables[VARIABLE] = f"{THEIRS} 0"
    note_attempts(store, "ovh_sms_results")
    assert airflow.variables == {VARIABLE: f"{THEIRS} 0"}


def test_each_connection_has_a_variable_of_its_own(airflow: Supervisor, store: Store) -> None:
    airflow.variables["elsewhere_id"] = f"{store.identity.read()} 0"
    check_shared(store, "elsewhere")
    with pytest.raises(JournalUnavailable):
        check_shared(store, "ovh_sms_results")


def test_an_airflow_that_does_not_answer_lets_nothing_pass(airflow: Supervisor, store: Store) -> None:
    airflow.variables[VARIABLE] = f"{store.identity.read()} 0"
    airflow.away.add(comms.GetVariable)
    with pytest.raises(JournalUnavailable, match="missing or cannot be read"):
        check_shared(store, "ovh_sms_results")
