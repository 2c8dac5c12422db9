"""The lines of a result fit the terminal."""

from __future__ import annotations

import pytest

from ovh_sms.cli.output import fit_terminal


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


def test_lines_are_broken_between_words_and_indented() -> None:
    lines = fit_terminal(["  " + "word " * 20, "short"], as_they_are="    > ")
    assert lines[-1] == "short"
    assert all(len(line) <= 60 for line in lines)
    assert " ".join(lines[:-1]).split() == ["word"] * 20
    assert lines[1].startswith("      word")


def test_a_share_stays_with_its_sign() -> None:
    for before in range(50, 62):
        lines = fit_terminal(["x" * before + " 100 % of them"], as_they_are="    > ")
        assert any("100 %" in line for line in lines), lines


def test_a_message_keeps_every_character() -> None:
    message = "    > " + "x  y " * 30
    assert fit_terminal([message], as_they_are="    > ") == [message]


def test_a_path_is_not_broken_but_at_the_end_of_the_line() -> None:
    path = "Rejected rows: written to /" + "a-b" * 30
    assert "".join(each.strip() for each in fit_terminal([path], as_they_are="    > ")).endswith("a-b" * 10)
