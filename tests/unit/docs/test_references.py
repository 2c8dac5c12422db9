"""Operators, settings, commands, fields and errors all have a page; examples name nothing that does not exist."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ovh_docs.reference.command_line import command_line_page, commands
from ovh_docs.reference.dags import dags
from ovh_docs.reference.error_tree import error_classes, errors_page, messages
from ovh_docs.reference.files import account_file_page, campaign_file_page
from ovh_docs.reference.operators import classes, operators_page, parameter_texts, parameters
from ovh_docs.reference.settings import settings, settings_page
from support.pages import DOCS, PAGES, ROOT, blocks, chapter, named, rows, table, text

GUIDES = "\n".join(each.read_text(encoding="utf-8") for each in PAGES if each.parent == DOCS)
COMMANDS = dict(commands())
SHELL = {"sh", "bash", "shell", "console"}


def test_every_command_stands_in_the_page_of_the_command() -> None:
    described = "\n".join(" ".join(row) for row in rows(text("command-line.md")))
    for name in COMMANDS:
        first, *others = name.split()[1:]
        assert f"`ovh-sms {first}" in described, f"{name} is not in docs/command-line.md"
        for other in others:
            assert re.search(rf"`(ovh-sms {first} )?{other}\b", described), f"{name} is not in docs/command-line.md"


def test_every_option_has_its_meaning_in_the_reference() -> None:
    page = command_line_page()
    for name, command in COMMANDS.items():
        described = table(chapter(page, name))
        shown = {each for cell in described for each in re.findall(r"--[\w-]+|\w+", cell)}
        for each in command.params:
            assert {*each.opts} & shown or each.param_type_name == "argument", f"{name} {each.name}"
        assert all(cells[0] for cells in described.values()), name


def shown_commands(page: Path) -> Iterator[str]:
    """Each call of `ovh-sms` in a block of a shell, and each in the text."""
    body = page.read_text(encoding="utf-8")
    for language, _, code in blocks(page):
        if language in SHELL:
            joined = code.replace("\\\n", " ")
            yield from re.findall(r"^(?:\$ )?(?:\.venv/bin/)?(ovh-sms [^|>#\n]*)", joined, re.MULTILINE)
    yield from re.findall(r"`(?:\.venv/bin/)?(ovh-sms [^`|>]+)`", body)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_commands_shown_exist_with_their_options(page: Path) -> None:
    for shown in shown_commands(page):
        words = shlex.split(shown.replace("…", "X"))
        name = next((" ".join(words[:count]) for count in (3, 2) if " ".join(words[:count]) in COMMANDS), None)
        groups = {each.rpartition(" ")[0] for each in COMMANDS} - {"ovh-sms"}
        assert name or " ".join(words[:2]) in groups or words[1].startswith("-"), f"{named(page)}: {shown}"
        if name:
            known = {opt for each in COMMANDS[name].params for opt in (*each.opts, *each.secondary_opts)} | {"--help"}
            options = {each.partition("=")[0] for each in words if each.startswith("--")}
            assert options <= known, f"{named(page)}: {shown}"


def test_every_setting_is_named_by_a_guide_and_described_by_the_function_that_reads_it() -> None:
    found = settings(ROOT)
    assert len(found) >= 7
    page = settings_page(ROOT)
    for name, (path, docstring) in found.items():
        assert f"`{name}`" in GUIDES, f"no page of docs/ names the setting {name}"
        assert name in docstring, f"{path}: the function that reads {name} names it in its docstring"
        assert f"## {name}" in page


def test_every_class_for_dags_is_named_by_a_guide() -> None:
    found = [each.__name__ for kind in classes().values() for each in kind]
    assert len(found) > 50
    missing = [each for each in found if f"`{each}`" not in GUIDES and f"# {each}\n" not in GUIDES]
    assert missing == []


def test_every_parameter_has_its_meaning_in_the_reference() -> None:
    page = operators_page()
    for kind in classes().values():
        for each in kind:
            assert f"### {each.__name__}\n" in page
            unsaid = set(parameters(each)) - {*parameter_texts(each)}
            assert unsaid == set(), f"{each.__name__}: describe these parameters in its docstring"


@pytest.mark.parametrize("page", [campaign_file_page, account_file_page])
def test_every_field_has_its_meaning_in_the_reference(page: Any) -> None:
    lines = [each for each in rows(page(ROOT)) if each[0].startswith("`")]
    assert len(lines) > 50
    assert [each[0] for each in lines if not all(each)] == []


def test_every_error_is_in_the_reference_with_the_messages_of_the_code() -> None:
    page = errors_page(ROOT)
    for each in error_classes():
        assert chapter(page, each.__name__).strip()
    found = messages(ROOT)
    assert sum(map(len, found.values())) > 150
    (text_of_none,) = {what for what, _ in found["ConfigurationError"] if what.startswith("OVH&#95;SMS&#95;RETENTION")}
    assert text_of_none.endswith("must be a number of days from 1 to 36500.") or "…" in text_of_none


def test_every_dag_is_named_by_the_readme_and_by_the_first_guide() -> None:
    ids = {each.replace("_guide", "_<name>") for each in dags(ROOT)}
    for page in (ROOT / "README.md", DOCS / "getting-started.md"):
        described = {
            name for row in rows(page.read_text(encoding="utf-8")) for name in re.findall(r"`(sms_[^`]+)`", row[0])
        }
        assert described == ids, named(page)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_names_that_examples_import_exist(page: Path) -> None:
    for language, _, code in blocks(page):
        if language not in {"python", "py"}:
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("ovh_sms", "airflow")):
                module = importlib.import_module(node.module or "")
                for each in node.names:
                    assert hasattr(module, each.name), f"{named(page)}: {node.module}.{each.name}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_campaign_that_is_shown_is_marked_as_one_and_so_checked(page: Path) -> None:
    for language, mark, code in blocks(page):
        if language in {"yaml", "yml"} and not mark:
            content = yaml.safe_load(code)
            is_campaign = isinstance(content, dict) and {"message", "contacts"} <= set(content)
            assert not is_campaign, f"{named(page)}: write ```yaml campaign"
