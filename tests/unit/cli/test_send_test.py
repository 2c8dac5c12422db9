"""``ovh-sms test``: named people get the texts of a campaign; its list gets nothing, and no number is shown."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.cli.airflow_connections import read_variable
from ovh_sms.hooks.store_identity import variable_name
from ovh_sms.store.attempts import Attempts
from support.cli import Command, process, write_campaign
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")
ROWS = "number;prenom\n0639980100;Zoe\n0639980101;Maximilian\n0639980102;Al\n"
ANNA = "+33639980001"


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def include(
    airflow_database: None, sandbox: SandboxProcess, tmp_path: Path, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> Path:
    from airflow.models.variable import Variable

    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)  # as a command, not as a task
    Variable.delete(variable_name("ovh_sms_results"))
    assert ovh_sms("db", "init").code == 0
    write_campaign(tmp_path, rows=ROWS)
    return tmp_path


def got(sandbox: SandboxProcess) -> Counter[tuple[str, str]]:
    return Counter((each["receiver"], each["message"]) for each in sandbox.messages(account=sandbox.account_name))


def test_each_call_sends_the_texts_to_those_who_are_named_alone(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess
) -> None:
    done = ovh_sms("test", "spring", "--to", "06 39 98 00 01", "--include", include)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "Test of spring:",
        "  +33 6 39 ·· ·· 01  first: sent, 1 credit",
        "  +33 6 39 ·· ·· 01  shortest: sent, 1 credit",
        "  +33 6 39 ·· ·· 01  longest: sent, 1 credit",
    ]
    shown = json.loads(ovh_sms("test", "spring", "--to", ANNA, "--include", include, "--json").out)
    assert [each["state"] for each in shown["tests"]] == ["sent"] * 3
    assert "39980001" not in json.dumps(shown)
    assert got(sandbox) == {(ANNA, f"Bonjour {name}"): 2 for name in ("Zoe", "Maximilian", "Al")}
    assert (read_variable(variable_name("ovh_sms_results")) or "").endswith(" 6"), "the claims are noted outside"


def test_a_rebuild_of_the_results_makes_no_submission_of_a_test(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess
) -> None:
    assert ovh_sms("test", "spring", "--to", ANNA, "--include", include).code == 0
    sandbox.clock(advance=300)
    done = ovh_sms("db", "rebuild", "--include", include, "--json")
    (counts,) = json.loads(done.out)["accounts"].values()
    assert (counts["submissions"], counts["messages"], counts["known"]) == (0, 0, 3)


def test_the_next_call_goes_on_with_a_message_that_a_killed_one_may_have_sent(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ("test", "spring", "--to", ANNA, "--include", include)

    def kill(self: Attempts, *given: object, **more: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "succeed", kill)
        assert ovh_sms(*call).code != 0
    assert sum(got(sandbox).values()) == 1
    assert ovh_sms(*call).code == 0
    assert got(sandbox) == {(ANNA, f"Bonjour {name}"): 1 for name in ("Zoe", "Maximilian", "Al")}


def test_the_file_names_the_people_if_the_command_does_not(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess
) -> None:
    done = ovh_sms("test", "spring", "--include", include)
    assert (done.code, "Nobody is named who gets the test of spring." in done.err) == (2, True)
    path = include / "campaigns" / "spring.yaml"
    path.write_text(path.read_text() + 'test_receivers: ["06 39 98 00 07"]\n')
    assert ovh_sms("test", "spring", "--include", include).code == 0
    assert {number for number, _ in got(sandbox)} == {"+33639980007"}


@pytest.mark.parametrize("wrong", ["01 39 98 00 01", "41791234567"])
def test_a_wrong_number_is_named_by_its_place(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess, wrong: str
) -> None:
    done = ovh_sms("test", "spring", "--to", ANNA, "--to", wrong, "--include", include)
    assert done.code == 2
    assert "Number 2 of 2 for test messages cannot be used" in done.err
    assert "39 98" not in done.err
    assert wrong not in done.err
    assert got(sandbox) == Counter()


def test_a_database_that_is_not_that_of_all_workers_sends_nothing(
    include: Path, ovh_sms: Command, sandbox: SandboxProcess
) -> None:
    from airflow.models.variable import Variable

    Variable.set(variable_name("ovh_sms_results"), "another 0")
    done = ovh_sms("test", "spring", "--to", ANNA, "--include", include)
    assert done.code != 0
    assert "another results database" in done.err
    assert got(sandbox) == Counter()
