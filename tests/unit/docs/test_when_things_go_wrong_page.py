"""The page for bad days names errors and commands that exist, and says of each case what is seen, safe and done."""

from __future__ import annotations

import re
import shlex

from typer.main import get_command

from ovh_sms import errors
from ovh_sms.cli import app
from support.pages import ROOT

PAGE = (ROOT / "docs" / "when-things-go-wrong.md").read_text(encoding="utf-8")


def test_each_error_that_is_named_exists() -> None:
    known = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", PAGE))
    assert len(named) > 8
    assert named <= known


def test_each_command_that_is_named_takes_its_words() -> None:
    said = re.findall(r"`ovh-sms ([^`]+)`", PAGE)
    assert len(said) > 15
    for words in map(shlex.split, said):
        command = get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {option for each in command.params for option in each.opts}
        assert not getattr(command, "commands", {}), words
        assert {word for word in words if word.startswith("--")} <= options


def test_each_case_says_what_is_seen_what_is_safe_and_what_to_do() -> None:
    cases = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert len(cases) == 13
    for case in cases:
        if not case.startswith("Back-up"):
            assert re.findall(r"^- \*\*(You see|Safe|Do)\*\*", case, re.MULTILINE) == ["You see", "Safe", "Do"], case
