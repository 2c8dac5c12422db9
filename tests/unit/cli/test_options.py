"""One name of an option has one meaning in every command, and each --help ends with examples that can be used."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from ovh_sms.cli import app
from ovh_sms.cli.examples import EXAMPLES
from support.cli import Command


def commands() -> Iterator[tuple[str, Any]]:
    def walk(it: Any, name: str) -> Iterator[tuple[str, Any]]:
        inner = getattr(it, "commands", {})
        if not inner or (name and it.invoke_without_command):
            yield name, it
        for part, each in inner.items():
            yield from walk(each, f"{name} {part}".strip())

    return walk(get_command(app), "")


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_connection_leads_to_ovh_and_results_to_the_database(name: str) -> None:
    found = {option: each for each in COMMANDS[name].params for option in each.opts}
    defaults = {"--connection": ("ovh_sms_default", None), "--results": ("ovh_sms_results",)}
    for option, allowed in defaults.items():
        if option in found:
            assert found[option].default in allowed
    assert not [option for option in found if option.endswith("connection") and option != "--connection"]
    if "--connection" in found:
        assert "database" not in found["--connection"].help


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_that_prints_a_result_prints_json_too(name: str) -> None:
    prints = {option for each in COMMANDS[name].params for option in each.opts}
    assert "--json" in prints or name in ("outbox", "schema"), "the watcher prints lines; a schema is JSON"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_that_the_command_takes(ovh_sms: Command, name: str) -> None:
    shown = ovh_sms(*name.split(), "--help").out
    for example in EXAMPLES[name]:
        assert f"  ovh-sms {example}\n" in shown
        words = shlex.split(example)
        assert " ".join(words[: len(name.split())]) == name
        rest = words[len(name.split()) :]
        with COMMANDS[name].make_context(name, rest):  # it takes these words
            pass


def test_there_is_no_example_of_another_command() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
