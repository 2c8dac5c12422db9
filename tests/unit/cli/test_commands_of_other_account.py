"""No command touches another SMS account than its connection's, though the key may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from airflow.sdk.execution_time import task_runner
from typer.main import get_command

from ovh_sms.cli import app
from ovh_sms.cli.airflow_connections import set_variable
from ovh_sms.hooks.outbox import queue_sms
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from support.cli import Command, process
from support.number_checks import people
from support.other_account import TwoAccounts, two_accounts
from support.sandbox import SandboxProcess
from support.sent import campaign, send

pytestmark = pytest.mark.usefixtures("leaping")
AT = ("--include", "{include}")
TEXT = "Bonjour"

#: Each gets the other account as an argument or an option.
BY_OPTION: dict[str, tuple[str, ...]] = {
    "callbacks": ("callbacks", "{other}", "--url", "https://airflow.example.com", "--yes"),
    "doctor": ("doctor", "--account", "{other}"),
    "outbox": ("outbox", "--watch", "--account", "{other}"),
    "outbox queue": (
        *("outbox", "queue", "order-2", TEXT, "--to", "{number}", "--sender", "MYSHOP"),
        *("--no-advertising", "--account", "{other}"),
    ),
    "rights": ("rights", "--account", "{other}", "--for", "report", "--request"),
    "senders list": ("senders", "list", "--account", "{other}"),
    "senders request": ("senders", "request", "Shop 2", "--account", "{other}"),
    "senders validate": ("senders", "validate", "{number}", "1234", "--account", "{other}"),
    "usage": ("usage", "--month", "2026-01", "--account", "{other}", *AT),
}

#: The file of a campaign or an account names the other account, and the connection of the own one.
BY_FILE: dict[str, tuple[str, ...]] = {
    "cancel": ("cancel", "spring", "--watch", "0", *AT),
    "db rebuild": ("db", "rebuild", *AT),
    "db restored": ("db", "restored", "--although-attempts-are-missing", *AT),
    "preview": ("preview", "spring", "--ask-ovh", *AT),
    "test": ("test", "spring", "--to", "{number}", *AT),
    "usage": ("usage", "--month", "2026-01", "--account", "shop", *AT),
}

#: They read and write the results, Airflow or files alone, whichever account a campaign has.
CALL_NOTHING: dict[str, tuple[str, ...]] = {
    "callbacks --forget": ("callbacks", "{other}", "--forget"),
    "credits": ("credits", "{other}"),
    "db backup": ("db", "backup", "{include}/backup.sqlite"),
    "db check": ("db", "check"),
    "db init": ("db", "init"),
    "db upgrade": ("db", "upgrade"),
    "erase": ("erase", "{number}"),
    "held": ("held", "spring", "send"),
    "outbox cancel": ("outbox", "cancel", "order-1"),
    "outbox list": ("outbox", "list"),
    "resend": ("resend", "spring", "--failed", "temporary"),
    "resolve": ("resolve", "{tag}", "{tag}", "send"),
    "rights, without --request": ("rights", "--account", "{other}", "--for", "report"),
    "schema": ("schema", "account"),
    "status": ("status", "spring"),
}


def commands() -> set[str]:
    """Every command of the application; a group counts if it does something by itself."""

    def walk(it: Any, name: str) -> Iterator[str]:
        if isinstance(it, click.Group) or hasattr(it, "commands"):
            if name and it.invoke_without_command:
                yield name
            for part, inner in it.commands.items():
                yield from walk(inner, f"{name} {part}".strip())
        else:
            yield name

    return set(walk(get_command(app), ""))


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def two(airflow_database: None, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoAccounts]:
    with two_accounts(sandbox, monkeypatch) as made:
        yield made


@pytest.fixture
def run(two: TwoAccounts, tmp_path: Path, ovh_sms: Command) -> Callable[..., Any]:
    """Call a command beside a run, a row of the outbox and files of the other account."""
    campaign(tmp_path)
    with two.as_other():
        send(tmp_path, 100, run_id="run_1", delay=60)
    queue_sms(key="order-1", receiver=people(1)[0], message=TEXT, sender="MYSHOP", stop_clause=False)
    file = tmp_path / "campaigns" / "spring.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}account: {two.other}\n", encoding="utf-8")
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "shop.yaml").write_text(
        f"account: {two.other}\nthreshold: 100\nquantity: 1000\nmax_price: 5\n", encoding="utf-8"
    )
    two.patch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)  # as a command, not as a task
    set_variable(variable_name("ovh_sms_results"), str(StoreMark.of(ResultsHook().store)))
    names = {"include": str(tmp_path), "other": two.other, "number": people(1)[0], "tag": "abc123"}
    return lambda *words: ovh_sms(*(word.format(**names) if "{" in word else word for word in words))


def test_each_command_is_in_one_of_the_tables() -> None:
    named = {name.split(",")[0].removesuffix(" --forget") for name in (*BY_OPTION, *BY_FILE, *CALL_NOTHING)}
    assert named == commands()


@pytest.mark.parametrize("words", [*BY_OPTION.values(), *BY_FILE.values()], ids=" ".join)
def test_it_refuses_an_account_that_its_connection_is_not_for(
    words: tuple[str, ...], two: TwoAccounts, run: Callable[..., Any]
) -> None:
    with two.untouched():
        done = run(*words)
    assert done.code == 2
    assert f"for the SMS account {two.own}, not for {two.other}" in " ".join((done.out + done.err).split())
    assert two.sandbox.calls()["total"] == 0


@pytest.mark.parametrize("words", CALL_NOTHING.values(), ids=" ".join)
def test_those_that_need_no_connection_call_nothing(
    words: tuple[str, ...], two: TwoAccounts, run: Callable[..., Any]
) -> None:
    with two.untouched():
        done = run(*words)
    assert not done.err or done.err.startswith("ovh-sms: "), "it ran, whatever it has found"
    assert two.sandbox.calls()["total"] == 0


def test_an_account_of_the_journal_that_no_connection_is_for_is_not_read(
    two: TwoAccounts, run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "campaigns" / "spring.yaml").unlink()
    with two.untouched():
        done = run("db", "restored", "--although-attempts-are-missing", *AT)
    assert (done.code, done.out) == (2, "")
    assert f"is for accounts of the journal: {two.other}" in done.err
