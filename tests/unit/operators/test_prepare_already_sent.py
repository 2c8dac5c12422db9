"""Preparing a list leaves out the people to whom another run has sent the same message."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from ovh_sms.errors import ConfigurationError, DuplicateSubmission, SubmissionInFlight
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.sending.repeats import RunMessage
from ovh_sms.store import tables
from ovh_sms.store.attempt_receivers import record
from ovh_sms.store.models import PENDING, SUCCEEDED
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.journal_rows import journal_row
from support.sandbox import SandboxProcess

MESSAGE = "Bonjour #prenom#"


@pytest.fixture
def store(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/data/results.sqlite")
    yield store
    store.close()


def sent(store: Store, account: str, *numbers: int, state: str = SUCCEEDED, **changes: Any) -> None:
    """Another run's attempt."""
    about: dict[str, Any] = {"message": MESSAGE, "marketing": True, "dag_id": "a_dag", "run_id": "run_0", **changes}
    run = RunMessage(account=account, planned_at=None, **about)
    digests = run.digester(store).of_rows([("number",), *((f"+336399800{at:02d}",) for at in numbers)])
    digests.sort()
    now = datetime.now(UTC)
    with store.database.writing() as connection:
        connection.execute(insert(tables.attempts).values(journal_row(f"t{numbers}"[:20], 1, state, now)))
        record(connection, run.rule(), tag=f"t{numbers}"[:20], attempt=1, digests=digests, claimed_at=now)


def prepare(tmp_path: Path, *, conf: dict[str, Any] | None = None, run_id: str = "run_1", **changes: Any) -> Any:
    source = tmp_path / "list.csv"
    source.write_text("numero;prenom\n" + "".join(f"06399800{at:02d};P{at}\n" for at in range(5)))
    given = {"campaign": "spring", "contacts": str(source), "message": MESSAGE, "stop_clause": True, **changes}
    run = SimpleNamespace(conf=conf or {}, run_type="manual")
    return PrepareContactsOperator(task_id="prepare", **given).execute(
        {**context(task_id="prepare", run_id=run_id), "dag_run": run}
    )


def test_a_grown_list_reaches_the_new_ones_only(sandbox: SandboxProcess, store: Store, tmp_path: Path) -> None:
    sent(store, sandbox.account_name, 0, 1)
    made = prepare(tmp_path)
    assert (made["accepted"], made["rejected"]) == (3, {"already_sent": 2})


def test_a_cleared_task_does_not_reject_the_rows_of_its_own_run(
    sandbox: SandboxProcess, store: Store, tmp_path: Path
) -> None:
    sent(store, sandbox.account_name, *range(5))
    assert prepare(tmp_path, run_id="run_0")["accepted"] == 5


def test_a_run_without_anybody_left_fails(sandbox: SandboxProcess, store: Store, tmp_path: Path) -> None:
    sent(store, sandbox.account_name, *range(5))
    with pytest.raises(DuplicateSubmission, match="5 of 5 rows are already sent") as caught:
        prepare(tmp_path)
    assert "run run_0 of a_dag" in str(caught.value)
    assert not [path for path in (tmp_path / "data").rglob("*") if path.suffix == ".csv"]
    assert prepare(tmp_path, duplicate_window=timedelta(0))["accepted"] == 5
    assert prepare(tmp_path, message="Bonsoir #prenom#")["accepted"] == 5


def test_a_run_that_is_submitting_to_some_of_them_is_waited_for(
    sandbox: SandboxProcess, store: Store, tmp_path: Path
) -> None:
    sent(store, sandbox.account_name, 4, 9, state=PENDING)
    with pytest.raises(SubmissionInFlight, match="run_0"):
        prepare(tmp_path)


@pytest.mark.parametrize("value", [True, "true"])
def test_force_sends_again_and_logs_how_many(
    sandbox: SandboxProcess, store: Store, tmp_path: Path, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    sent(store, sandbox.account_name, 0, 1, 2)
    with caplog.at_level(logging.WARNING):
        assert prepare(tmp_path, conf={"force": value})["accepted"] == 5
    assert "repeated=3" in caplog.text


@pytest.mark.parametrize("value", ["True", "yes", 1, "", None, {}])
def test_a_force_that_is_neither_true_nor_false_is_refused(
    sandbox: SandboxProcess, tmp_path: Path, value: object
) -> None:
    with pytest.raises(ConfigurationError, match="'force'") as caught:
        prepare(tmp_path, conf={"force": value})
    assert '{"force": true}' in str(caught.value)


@pytest.mark.parametrize("value", [False, "false"])
def test_a_force_that_is_false_forces_nothing(
    sandbox: SandboxProcess, store: Store, tmp_path: Path, value: object
) -> None:
    sent(store, sandbox.account_name, 0)
    assert prepare(tmp_path, conf={"force": value})["accepted"] == 4


def test_marketing_to_a_sender_that_can_be_answered_counts_by_message(
    sandbox: SandboxProcess, store: Store, tmp_path: Path
) -> None:
    sent(store, sandbox.account_name, 0)
    assert prepare(tmp_path, stop_clause=False, terms={"stop_clause": True})["accepted"] == 4
    assert prepare(tmp_path, stop_clause=False)["accepted"] == 5


def test_people_who_opted_out_are_left_out_even_if_ovh_no_longer_lists_them(
    sandbox: SandboxProcess, store: Store, tmp_path: Path
) -> None:
    store.opt_out_digests.add(sandbox.account_name, ["+33639980001", "+33639980003"])
    store.opt_out_digests.add("sms-sb00001-9", ["+33639980002"])  # they answered another account
    made = prepare(tmp_path)
    assert (made["accepted"], made["rejected"]) == (2, {"suppressed": 3})
    (rejects,) = (tmp_path / "data").rglob("rejects.csv")
    assert [line.split(";")[0] for line in rejects.read_text().splitlines()[1:]] == ["3", "4", "5"]
