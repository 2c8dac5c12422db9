"""YAML files: what is refused, and how the error names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import field_validator

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile, load_folder
from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.errors import CampaignFileError
from support.campaign_text import GOOD, load


def error_of(folder: Path, old: str, new: str) -> str:
    with pytest.raises(CampaignFileError) as caught:
        load(folder, GOOD.replace(old, new))
    assert caught.value.action
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget: 10", "budgett: 10", "spring.yaml, line 5: unknown field `budgett`; did you mean `budget`? Correct"),
        ("sender: MYSHOP", "qwertz: MYSHOP", "spring.yaml, line 1: unknown field `qwertz`. "),
        (
            "{file: a.csv}",
            "\n  file: a.csv\n  supress: b.txt",
            "spring.yaml, line 6: unknown field `contacts.supress`; did you mean `contacts.suppress`?",
        ),
        (
            "{file: a.csv}",
            "\n  sql:\n    conection: c\n    query: q",
            "spring.yaml, line 6: unknown field `contacts.sql.conection`; did you mean `contacts.sql.connection`?",
        ),
        ("file: a.csv", "file: a.csv, suppress: [a, '']", "spring.yaml, line 4: field `contacts.suppress[1]` is"),
        ("file: a.csv", "sql: {query: q}", "spring.yaml, line 4: field `contacts.sql.connection` is required."),
        ("message: Bonjour\n", "", "spring.yaml: field `message` is required. Correct"),
        ("budget: 10", "budget: 10\nname: other", "spring.yaml, line 6: field `name` is not allowed"),
        ("sender: MYSHOP\n", "", "spring.yaml: give either `sender` or"),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_the_likely_name(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert error_of(tmp_path, old, new).startswith(says)


def test_every_wrong_field_is_named_at_once(tmp_path: Path) -> None:
    error = error_of(tmp_path, "kind: marketing\nmessage: Bonjour", "kind: spam\npriority: fast")
    assert error.startswith("spring.yaml, line 2: field `kind` is wrong: Input should be 'marketing'")
    assert " Line 3: field `priority` is wrong: " in error
    assert error.endswith(" Field `message` is required. Correct the fields named.")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: marketing", "kind: [", "spring.yaml, line 4: not readable as YAML: this does not fit"),
        (
            "message: Bonjour",
            'message: "Bonjour',
            "spring.yaml, line 3: not readable as YAML: the quote that opens here is not closed. Correct",
        ),
        ("message: Bonjour", "message: 'l'été'", "line 3: not readable as YAML: this does not fit the lines"),
        ("message: Bonjour", "message: Bonjour : oui", "put a text that holds one in quotes"),
        ("budget: 10", "\tbudget: 10", "line 5: not readable as YAML: a tab; indent with blanks"),
        ("message: Bonjour", "message: *x", "line 3: not readable as YAML: found undefined alias"),
        ("message: Bonjour", "message: \0", "not readable as YAML: the character U+0000 is not allowed"),
        ("kind: marketing", "kind: " + "[" * 2000, "not readable as YAML"),
        (
            "budget: 10",
            "budget: 10\nschedule: 2026-13-45",
            "line 6: not readable as YAML: 2026-13-45 is no day of the calendar",
        ),
        ("budget: 10", "budget: 10\npriority: low\nbudget: 99999", "`budget` is given twice, on lines 5 and 7"),
        ("{file: a.csv}", "{file: a.csv, file: b.csv}", "`file` is given twice, on lines 4 and 4"),
    ],
)
def test_what_is_not_readable_is_named_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    error = error_of(tmp_path, old, new)
    assert says in error
    assert error.startswith("spring.yaml")


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spring.yaml").write_bytes(GOOD.replace("Bonjour", "Été").encode("cp1252"))
    (found,) = load_folder(tmp_path, Campaign)
    assert isinstance(found, InvalidFile)
    assert "Save the file in UTF-8" in str(found.error)


@pytest.mark.parametrize(
    "message",
    [
        "Bonjour #prenom#, on ouvre",
        "#prenom#, on ouvre",
        "Bonjour\n  #prenom#, on ouvre",
        "Bonjour à tous\n\n  #prenom#",
    ],
)
def test_a_message_that_yaml_would_cut_is_refused(tmp_path: Path, message: str) -> None:
    # `#column#` without quotes is a comment to YAML: the receivers would get 'Bonjour'.
    assert "in double quotes" in error_of(tmp_path, "message: Bonjour", f"message: {message}")


def test_a_default_text_that_yaml_would_cut_is_refused(tmp_path: Path) -> None:
    cut = "\n  file: a.csv\n  empty: text\n  default_text: client #1"
    assert "the default_text on line 7 ends before a '#'" in error_of(tmp_path, "{file: a.csv}", cut)


@pytest.mark.parametrize(
    "written", ['"Bonjour #prenom#" # said so', "'Bonjour #prenom#'", ">-\n  Bonjour\n  #prenom#", "Bonjour#prenom#"]
)
def test_a_message_that_yaml_reads_whole(tmp_path: Path, written: str) -> None:
    campaign = load(tmp_path, GOOD.replace("message: Bonjour", f"message: {written}"))
    assert campaign.message.replace(" ", "") == "Bonjour#prenom#"


def test_values_merged_in_yaml_are_no_keys_given_twice(tmp_path: Path) -> None:
    text = GOOD.replace("{file: a.csv}", "{<<: &kept {file: a.csv, region: BE}, file: b.csv}")
    contacts = load(tmp_path, text).contacts
    assert (contacts.file, contacts.region) == ("b.csv", "BE")


def test_an_invalid_file_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: [")
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "c.yaml").write_text("just words")
    found = list(load_folder(tmp_path, Campaign))
    assert [(each.name, type(each)) for each in found] == [("a", InvalidFile), ("b", Campaign), ("c", InvalidFile)]


class Defective(NamedFile):
    number: int = 1

    @field_validator("number")
    @classmethod
    def _fails(cls, number: int) -> int:
        if not number:
            raise ZeroDivisionError("no number")
        return number


def test_a_file_that_fails_in_an_unforeseen_way_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("number: 0")
    (tmp_path / "b.yaml").write_text("number: 2")
    invalid, good = load_folder(tmp_path, Defective)
    assert isinstance(invalid, InvalidFile)
    assert "a.yaml: cannot be used: ZeroDivisionError: no number" in str(invalid.error)
    assert isinstance(good, Defective)


def test_two_files_of_one_name_are_both_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "a.yml").write_text(GOOD)
    (found,) = load_folder(tmp_path, Campaign)
    assert isinstance(found, InvalidFile)
    assert "a.yaml and a.yml" in str(found.error)


@pytest.mark.parametrize("name", [".#spring.yaml", "._spring.yaml", ".spring.yml"])
def test_a_hidden_file_that_a_program_leaves_beside_a_campaign_breaks_nothing(tmp_path: Path, name: str) -> None:
    load(tmp_path, GOOD)
    (tmp_path / name).symlink_to("eddy@laptop.4711")  # as Emacs does while somebody edits the file
    assert [each.name for each in load_folder(tmp_path, Campaign) if isinstance(each, Campaign)] == ["spring"]
    assert yaml_paths(tmp_path) == [tmp_path / "spring.yaml"]
