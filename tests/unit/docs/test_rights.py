"""docs/rights.md against the code; tests/rights_matrix/ runs every task with these rights."""

from __future__ import annotations

import re

import pytest

from ovh_sms.api.purposes import PURPOSES
from ovh_sms.api.rights import RIGHTS, needed_rights, needed_rules
from ovh_sms.hooks.connection_check import USUAL_PURPOSES
from support.airflow_task import connection
from support.cli import Command
from support.pages import DOCS, blocks, chapter, rows, table, text
from support.sandbox import SandboxProcess

PAGE = text("rights.md")
ACCOUNT = "sms-xx12345-1"


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_described_purposes_are_those_of_the_code() -> None:
    described = [(ticked(row[0])[0], row[1], *map(ticked, row[2:])) for row in rows(chapter(PAGE, "Purposes"))[1:]]
    assert described == [(it.name, it.about, [*it.used_by], [*it.beside]) for it in PURPOSES.values()]


def test_the_described_rights_are_the_fewest_that_each_purpose_needs() -> None:
    first, second = (rows(part)[1:] for part in chapter(PAGE, "What each purpose needs").split("Some calls help"))
    described = {ticked(row[0])[0]: ticked(row[1]) for row in first}
    for name in PURPOSES:
        assert [right for right, named in described.items() if name in named] == needed_rules([name], ACCOUNT), name
    helps = {ticked(row[0])[0]: ticked(row[1]) for row in second}
    known = {it.rule(ACCOUNT): [name for name in it.helps if name in PURPOSES] for it in RIGHTS}
    assert helps == {rule: names for rule, names in known.items() if names}


def test_the_address_holds_the_rights_of_the_usual_purposes() -> None:
    (address,) = re.findall(r"^https://eu\.api\.ovh\.com/createToken/\?(.+)$", text("connection.md"), re.M)
    assert [pair.replace("=", " ", 1) for pair in address.split("&")] == needed_rules(USUAL_PURPOSES, ACCOUNT)
    assert ", ".join(f"`{name}`" for name in USUAL_PURPOSES[:-1]) in " ".join(PAGE.split())


def test_the_described_iam_actions_are_those_of_the_rights() -> None:
    described = table(chapter(PAGE, "OAuth2"))
    for name in PURPOSES:
        wanted = {right.action for right in needed_rights([name])} - {""}
        assert set(ticked(described[name][0])) == wanted, name


def use_key(box: SandboxProcess, patch: pytest.MonkeyPatch, *purposes: str) -> None:
    rules = {tuple(rule.split(" ", 1)) for rule in needed_rules(purposes, box.account_name)}
    consumer = box.key([(method, path) for method, path in sorted(rules)])
    patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(box, consumer_key=consumer))


def test_the_connection_test_is_green_with_the_described_rights(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook

    use_key(sandbox, monkeypatch, *USUAL_PURPOSES)
    green, said = OvhSmsHook().test_connection()
    assert green, said
    assert "Missing rights" not in said


def test_the_commands_of_the_page_run(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account="sms-xx12345-1"))
    ovh_sms = Command(capsys)
    lines = [
        line for language, _, code in blocks(DOCS / "rights.md") if language == "bash" for line in code.splitlines()
    ]
    commands = [line.removeprefix("ovh-sms ").split() for line in lines if line.startswith("ovh-sms rights")]
    assert len(commands) == 4
    for arguments in commands:
        done = ovh_sms(*arguments)
        assert (done.code, done.err) == (0, ""), arguments
