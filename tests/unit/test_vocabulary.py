"""The glossary's words in names and public texts, and nothing else for the same things."""

from __future__ import annotations

import re

import pytest

from support.pages import DOCS, FILES
from support.vocabulary import ROOT, Vocabulary, markdown_violations, plain_violations, python_violations, violations

WORDS = Vocabulary.read()


def python(source: str, file: str = "plugins/ovh_sms/sending/submit.py") -> set[tuple[int, str]]:
    return {(each.line, each.word) for each in python_violations(file, source, WORDS)}


def test_names_and_public_texts_use_the_words_of_the_glossary() -> None:
    found = violations(FILES, WORDS)
    assert not found, "\n".join(map(str, ["", *found]))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def judge(row): ...", "judge"),
        ("class RowJudge: ...", "RowJudge"),
        ("def read(*, look_every): ...", "look_every"),
        ("second_look = 1", "second_look"),
        ("self.told = []", "told"),
        ("for sending in batches: ...", "sending"),
        ("import x as doubt", "doubt"),
        ('x = {"busy_within": 1}', "busy_within"),
        ("class Outcome: ...", "Outcome"),
        ('"""Sends one piece."""', "piece"),
        ('"""What a person decided."""', "What"),
        ('"""Nobody may\ntell it."""', "tell"),
        ('raise E(f"The run was stopped after {n} messages.")', "run was stopped"),
        ("x = 1  # nobody takes it back", "takes it back"),
    ],
)
def test_a_forbidden_word_in_python_is_reported(source: str, word: str) -> None:
    assert word in {found for _, found in python(source)}


def test_a_report_names_the_line_the_word_and_the_word_to_use() -> None:
    source = '"""Reads.\n\nEach sending\nof a run.\n"""\n'
    (found,) = python_violations("plugins/ovh_sms/sending/submit.py", source, WORDS)
    assert str(found) == "plugins/ovh_sms/sending/submit.py:3: 'Each sending': use batch, submission"


@pytest.mark.parametrize(
    "source",
    [
        "from ovh_sms.sending.submit import submit",
        "def check(sending_window): ...",
        '"""Check the sending window before sending anything."""',
        '"""Make the request. Source: POST /sms/{serviceName}/jobs and /sms/{serviceName}/incoming."""',
        "class SendJobOperator: ...",
        "path.parts",
        '"""Keep it as it looks like a number."""',
    ],
)
def test_ordinary_english_and_the_names_that_never_change_are_allowed(source: str) -> None:
    assert python(source) == set()


def test_samples_of_a_test_may_say_anything_but_its_name_may_not() -> None:
    source = 'def test_a_sending_is_counted_once():\n    assert says("Take a look at our sendings")\n'
    assert {line for line, _ in python(source, "tests/unit/test_some.py")} == {1}


def test_a_test_may_be_named_with_the_verb() -> None:
    assert python("def test_sending_to_nobody_is_refused(): ...", "tests/unit/test_some.py") == set()


def test_prose_and_code_of_a_document_are_checked() -> None:
    page = "# One\n\nWhoever reads\nthe sendings.\n\n`look_every` and `POST /sms/jobs`\n"
    found = {(each.line, each.word) for each in markdown_violations("docs/some.md", page, WORDS)}
    assert found >= {(3, "Whoever"), (4, "sendings"), (6, "look_every")}
    assert not any("jobs" in word for _, word in found)


def test_fields_of_a_campaign_file_are_checked() -> None:
    (found,) = plain_violations("include/campaigns/some.yaml", "repeat_guard: 24h\n", WORDS)
    assert (found.line, found.use) == (1, "duplicate_window")


def test_words_of_ovh_are_allowed_in_the_api_alone() -> None:
    source = "def jobs(look): ..."
    (found,) = python_violations("plugins/ovh_sms/api/jobs.py", source, WORDS.for_ovh())
    assert found.word == "look"
    assert {word for _, word in python(source)} == {"jobs", "look"}


def test_every_exception_still_exists() -> None:
    names = {str(path.relative_to(ROOT)) for path in FILES}
    kinds = ("ovh_paths", "foreign", "checkers", "in_files")
    for given in (kept for kind in kinds for kept in WORDS.exceptions[kind]):
        assert any(name.startswith(given) for name in names), f"{given} is no file of the tree"


def test_every_word_of_the_glossary_has_one_row() -> None:
    rows = re.findall(r"^\| [^|]+ \| (\*\*[^|]+\*\*)", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    words = [word for row in rows for word in re.findall(r"\*\*([^*]+)\*\*", row)]
    assert len(words) > 30
    assert len(words) == len({*words})
