"""A preview says how many duplicates carry another text, or how many numbers get several messages."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preview.list_preview import Preview
from ovh_sms.contacts.preview.preview_text import lines
from unit.contacts.test_preview import preview

HEADER = "number;prenom\n"
LIST = f"{HEADER}0639980001;Lea\n0639980001;Tom\n0639980002;Ana\n0639980001;Lea\n0639980001;Tom\n0639980001;Zoe\n"


def by(duplicates: Any, folder: Path, text: str = LIST, **more: Any) -> Preview:
    return preview(folder, text=text, options=ContactOptions(allow_fiction=True, duplicates=duplicates), **more)


def test_duplicates_with_another_text_are_counted_with_the_remedy(tmp_path: Path) -> None:
    found = by("number", tmp_path)
    assert (found.other_texts, found.several_texts) == (2, 0)
    assert found.counts()["other_texts"] == 2
    shown = list(lines(found, masked=True))
    at = next(at for at, line in enumerate(shown) if "duplicate:" in line)
    assert (
        shown[at + 2].strip() == "with another text: 2; 'duplicates: number_and_text' below 'contacts' would send them"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}0639980001;Lea\n0639980001;Lea\n", "Bonjour #prenom#"),
        (LIST, "Bonjour"),
        (f"{HEADER}0639980001;\n0639980001;NULL\n", "Bonjour #prenom#"),
    ],
)
def test_duplicates_with_the_same_text_need_no_remedy(tmp_path: Path, text: str, message: str) -> None:
    found = by("number", tmp_path, text, message=message)
    assert found.other_texts == 0
    assert "number_and_text" not in "\n".join(lines(found, masked=True)).partition("duplicate:")[2].partition("\n")[2]


def test_numbers_that_get_several_messages_are_counted_with_their_batches(tmp_path: Path) -> None:
    found = by("number_and_text", tmp_path)
    assert (found.other_texts, found.several_texts, found.most_texts) == (0, 1, 3)
    assert "More than one message: to 1 number, at most 3, each in another of 3 batches" in list(
        lines(found, masked=True)
    )
    assert found.limited(budget=10, batch_size=1).batch_count == 4
    assert found.limited(budget=10, batch_size=100).batch_count == 3


def test_a_list_without_second_texts_says_nothing_of_them(tmp_path: Path) -> None:
    found = by("number_and_text", tmp_path, f"{HEADER}0639980001;Lea\n0639980002;Tom\n")
    assert (found.several_texts, found.limited(budget=1, batch_size=9).batch_count) == (0, 1)
    assert not any("More than one message" in line for line in lines(found, masked=True))


@pytest.mark.parametrize("seed", range(5))
def test_the_texts_counted_as_missing_are_those_that_the_other_choice_sends(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    text = HEADER + "".join(f"06399800{rng.randrange(20):02d};P{rng.randrange(15)}\n" for _ in range(300))
    one, several = by("number", tmp_path, text), by("number_and_text", tmp_path, text)
    assert one.other_texts == several.result.prepared.accepted - one.result.prepared.accepted > 0


def test_one_line_of_a_list_with_several_texts_is_shown(tmp_path: Path) -> None:
    shown = "\n".join(lines(by("number_and_text", tmp_path, line=3), masked=False))
    assert "Line 3: accepted" in shown
    assert "Bonjour Tom" in shown
    shown = "\n".join(lines(by("number_and_text", tmp_path, line=5), masked=False))
    assert "Line 5: rejected as duplicate" in shown
