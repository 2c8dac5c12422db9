"""Nobody gets a text that is not meant: a seeded part of `make lists`, and the proof that the proof can fail."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from list_proof.comparison import BREACHES
from list_proof.csv_files import ENCODINGS, csv_bytes, dialect
from list_proof.damages import DAMAGES
from list_proof.damages.registry import LISTS
from list_proof.drafts import draft_of
from list_proof.lists import counts_of, draft_number
from list_proof.suite import FEWEST_DAMAGES
from list_proof.true_tables import true_table
from list_proof.weak import CAMPAIGN_RULES, READER_RULES
from support.pages import ROOT

HERE = Path(__file__).parent


def run(out: Path, *given: object) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([*(str(ROOT / name) for name in ("plugins", "include", "tests")), *sys.path[1:]])
    command = [sys.executable, "-m", "list_proof", "--json", str(out), *map(str, given)]
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, check=False)


def numbers_of(damages: tuple[str, ...], turns: int = 20) -> list[int]:
    names = list(DAMAGES)
    return [names.index(damage) + turn * len(names) for turn in range(turns) for damage in damages]


def breaches(number: int) -> int:
    return counts_of((7, number)).counts.breaches


def wrong_texts(number: int) -> int:
    found = counts_of((7, number)).counts
    return found.wrong_text + found.wrong_person


def test_every_damage_gives_the_right_text_a_rejected_row_or_a_refused_list(tmp_path: Path) -> None:
    done = run(tmp_path / "lists.json", "--seed", 7, "--rows", 10_000)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "lists.json").read_text())
    assert {name: found[name] for name in BREACHES} == dict.fromkeys(BREACHES, 0)
    assert found["rows"] >= 10_000
    assert found["damages"] >= FEWEST_DAMAGES


@pytest.mark.parametrize("rule", READER_RULES)
def test_without_a_rule_of_the_readers_the_proof_fails(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as weak:
        for owner, attribute, stand_in in READER_RULES[rule].instead:
            weak.setattr(owner, attribute, stand_in)
        broken = next((number for number in numbers_of(READER_RULES[rule].damages) if breaches(number)), None)
    assert broken is not None
    assert breaches(broken) == 0


@pytest.mark.parametrize("rule", CAMPAIGN_RULES)
def test_without_a_rule_of_the_campaign_somebody_gets_a_wrong_text(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as weak:
        for owner, attribute, stand_in in CAMPAIGN_RULES[rule].instead:
            weak.setattr(owner, attribute, stand_in)
        broken = next((number for number in numbers_of(CAMPAIGN_RULES[rule].damages) if wrong_texts(number)), None)
    assert broken is not None
    assert breaches(broken) == 0


@pytest.mark.parametrize("subject", sorted({each.subject for each in DAMAGES.values()} - {LISTS}))
def test_each_subject_of_rules_has_sound_lists_and_harm(subject: str) -> None:
    names = [name for name, each in DAMAGES.items() if each.subject == subject]
    drafts = [draft_number(7, number)[0] for number in numbers_of(tuple(names), turns=1)]
    assert any(draft.must_be_read for draft in drafts)
    assert any(line.touched for draft in drafts for line in draft.lines)


def test_a_weak_reader_fails_the_run_and_names_the_list(tmp_path: Path) -> None:
    done = run(tmp_path / "lists.json", "--damage", "merged_cells", "--rows", 2000, "--weak", "merged")
    assert done.returncode == 1
    assert "BREACH merged_cells, xlsx; replay: python -m list_proof --seed 1 --only" in done.stdout
    assert "MISSED wrong_" in done.stdout


def test_a_list_is_replayed_as_it_was(tmp_path: Path) -> None:
    number = list(DAMAGES).index("extra_field")
    first, second = (run(tmp_path / "lists.json", "--seed", 7, "--only", number) for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stdout.startswith("extra_field: ")
    assert "broken_row" in first.stdout


@pytest.mark.parametrize("number", range(0, len(DAMAGES), 7))
def test_a_number_of_a_seed_is_always_the_same_draft(number: int) -> None:
    (first, _), (second, _) = draft_number(3, number), draft_number(3, number)
    assert first.lines == second.lines
    assert first.dialect == second.dialect


def test_lists_come_in_eight_encodings() -> None:
    assert len(ENCODINGS) == 8
    for name in ENCODINGS:
        rng = random.Random(name)
        draft = draft_of(true_table(rng, 1), "csv", form := dialect(rng), rng)
        form.encoding, form.stated, draft.lines = name, False, []
        codec, mark = ENCODINGS[name]
        written = csv_bytes(draft)
        assert written.startswith(mark)
        assert written.removeprefix(mark).decode(codec).rstrip() == draft.written(draft.header)


def test_the_lists_share_no_code_with_the_readers() -> None:
    entries = {HERE / "preparation.py", HERE / "weak.py", Path(__file__)}
    for path in set(HERE.rglob("*.py")) - entries:
        assert not {name for name in imported(path) if name.startswith("ovh_")}, path
    assert imported(HERE / "preparation.py") >= {"ovh_sms.contacts.preparation"}
    assert "list_proof.weak" not in imported(HERE / "lists.py")


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(each.name for each in node.names)
    return found
